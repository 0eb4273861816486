import type { ClientFrame, JoinFrame } from '../protocol/client-frames.js';
import type { Connection, ConnectionReason, Role } from '../protocol/connection.js';
import type { JoinedFrame, ServerFrame } from '../protocol/server-frames.js';
import { SessionError } from '../protocol/session-error.js';
import { isSessionId } from '../protocol/session-id.js';
import type { ConnectionSource, ConnectionSourceEventMap } from '../session/connection-source.js';
import {
  ConnectionEvent,
  CountChangeEvent,
  SessionConnectEvent,
  SessionDisconnectEvent,
  SessionErrorEvent,
  StateChangeEvent,
} from '../session/events.js';
import type { Transition } from '../session/running-total.js';
import type { SessionState } from '../session/session-state.js';
import { RosterView, type RosterNews } from './roster-view.js';
import { errorOf, ServerLink } from './server-link.js';
import { Timer } from './timer.js';
import { Tokens, type TokenSource } from './tokens.js';

/** What a {@link Session} connects to, and as what. */
export interface SessionOptions {
  /** Base address of the session server (http, https, ws or wss); in a page it may be relative to it. */
  server: string | URL;
  /** 1 to 255 characters, no control characters. */
  sessionId: string;
  /** A client token, or where to get one. Default: none, for sessions that the server opens to all. */
  token?: string | TokenSource;
  /** The project that the token belongs to. Default: the server's only one. */
  apiKey?: string;
  /** See the count without being a connection. Default: false. */
  observe?: boolean;
}

/** How long a number from before a restart is held, in ms. */
const holdTime = 5_000;
/** How long ago a number may have been true to be held, in ms. */
const longestAbsence = 60_000;

/**
 * The embedded session client: one connection to a session of a session server, over a WebSocket.
 *
 * It comes back by itself after a loss or a server restart, but never after a moderator removed it. While
 * it is away, `count` is the last known number and `stale` is true. A page that is left and a page that
 * follows it in the same tab are one connection.
 *
 * It asks for the number alone until somebody listens for `connectionCreated` or `connectionDestroyed`;
 * from then on it keeps `connections` too.
 */
export class Session extends ServerLink implements ConnectionSource {
  readonly sessionId: string;
  readonly reason: ConnectionReason | undefined;
  /** Where tokens come from; another may be added while the session runs. */
  readonly tokens: Tokens;

  readonly #apiKey: string | undefined;
  readonly #observe: boolean;
  readonly #view = new RosterView();
  #state: SessionState = 'idle';
  #connection: Connection | undefined;
  #role: Role | undefined;
  #error: SessionError | undefined;
  /** Whether the join asked for the list. */
  #listAsked = false;
  /** sessionConnected waits for the list that it carries. */
  #connectDue = false;
  #untold: Event[] = [];
  #lostAt = 0;
  readonly #hold = new Timer();
  readonly #requests = new Map<number, { resolve: () => void; reject: (error: SessionError) => void }>();
  #lastRequest = 0;

  /** @throws {SessionError} 1005 for a session id of bad form, 1011 for a server address that is none. */
  constructor({ server, sessionId, token, apiKey, observe }: SessionOptions) {
    if (!isSessionId(sessionId)) {
      throw new SessionError(
        1005,
        `The session id ${JSON.stringify(sessionId)} has to be 1 to 255 characters, no control characters`,
        true,
      );
    }
    const tokens = new Tokens(() => {
      if (this.#state === 'failed' && this.#error!.code === 1004) this.connect();
    });
    super(server, [apiKey, !!observe, sessionId].join(' '), tokens);
    this.tokens = tokens;
    this.sessionId = sessionId;
    this.#apiKey = apiKey;
    this.#observe = !!observe;
    if (token !== undefined) tokens.add(typeof token === 'string' ? () => token : token);
  }

  get state(): SessionState {
    return this.#state;
  }

  get count(): number | undefined {
    return this.#view.count;
  }

  get stale(): boolean {
    return this.count !== undefined && (this.#state !== 'connected' || this.#view.stale);
  }

  get selfCounted(): boolean {
    return !!this.#connection;
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  get connections(): ReadonlyMap<string, Connection> | undefined {
    return this.#view.total.connections;
  }

  /** What the token made of this client; undefined until connected. */
  get role(): Role | undefined {
    return this.#role;
  }

  /** What went wrong last, until connected again. */
  get error(): SessionError | undefined {
    return this.#error;
  }

  override addEventListener<Type extends keyof ConnectionSourceEventMap>(
    type: Type,
    listener: (event: ConnectionSourceEventMap[Type]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    super.addEventListener(type, listener, options);
    if (/^connection[CD]/.test(type)) this.list();
  }

  /** Keeps `connections` from now on, as a listener for connection events does. */
  list(): void {
    if (this.#view.listed) return;
    this.#view.listed = true;
    this.sync();
  }

  /** Joins the session. Nothing where it is joined or on its way. */
  connect(): void {
    if (this.#active) return;
    this.#update(() => this.#enter('connecting'));
    this.open();
  }

  /** Leaves the session until `connect()` is called: the others see `clientDisconnected`. */
  disconnect(): void {
    if (!this.#active) return;
    this.shut();
    this.ended('disconnected', 'clientDisconnected');
  }

  /**
   * Removes another connection from the session, as OpenTok's Session.forceDisconnect(). Takes a token of
   * the moderator role. Resolves when the connection is gone.
   *
   * Rejects with a {@link SessionError}: 1010 not connected, 1011 no such connection, 1520 not a moderator.
   */
  forceDisconnect(connection: string | Connection): Promise<void> {
    const connectionId = typeof connection === 'string' ? connection : connection.connectionId;
    return new Promise((resolve, reject) => {
      const id = ++this.#lastRequest;
      this.#requests.set(id, { resolve, reject });
      if (this.linked) this.send({ type: 'forceDisconnect', id, connectionId });
      else this.#giveUpRequests();
    });
  }

  protected override joinFields(): Omit<JoinFrame, 'type' | 'key' | 'attempt' | 'token'> {
    // Who comes back with a list asks for what was missed instead, which names reasons.
    this.#listAsked = this.#view.listDue;
    return {
      sessionId: this.sessionId,
      apiKey: this.#apiKey,
      observe: this.#observe,
      detail: this.#listAsked ? 'connections' : 'count',
    };
  }

  protected override syncFrame(): ClientFrame {
    const detail = this.#view.listed ? 'connections' : 'count';
    return { type: 'sync', ...this.#view.syncVersion, detail };
  }

  protected override joined(frame: JoinedFrame): void {
    this.#error = undefined;
    this.#update(() => {
      const renewed = !!this.#connection && this.#connection.connectionId !== frame.connection?.connectionId;
      const back = this.#state === 'reconnecting' && !renewed;
      this.#connectDue ||= this.#state === 'connecting' || renewed;
      this.#connection = frame.connection;
      this.#role = frame.role;
      this.#view.join(frame, Date.now() - this.#lostAt < longestAbsence);
      if (this.#view.held) this.#hold.start(holdTime, () => this.#update(() => this.#view.release()));
      if (renewed) this.#view.forgetList();
      return [
        ...this.#enter('connected'),
        ...(renewed ? [new SessionDisconnectEvent('networkDisconnected')] : []),
        ...(back ? [new Event('sessionReconnected')] : []),
        ...this.#connectEvents(),
      ];
    });
    if (this.#view.listed && !this.#listAsked) this.sync();
    this.#listAsked = false;
  }

  protected override received(frame: ServerFrame): void {
    if (frame.type === 'result') this.#answer(frame.id)?.resolve();
    else if (frame.type === 'error') this.#answer(frame.id!)?.reject(errorOf(frame));
    else this.#receiveNews(frame as RosterNews);
  }

  protected override lost(): void {
    this.#giveUpRequests();
    if (this.#state !== 'connected') return;
    this.#lostAt = Date.now();
    this.#update(() => [...this.#enter('reconnecting'), new Event('sessionReconnecting')]);
  }

  protected override ended(
    state: 'disconnected' | 'failed',
    reason: ConnectionReason,
    error?: SessionError,
  ): void {
    this.#hold.stop();
    this.#giveUpRequests();
    this.#error = error;
    this.#update(() => {
      const wasConnected = this.#state !== 'connecting';
      this.#view.clear();
      this.#connection = this.#role = undefined;
      return [
        ...this.#enter(state, state === 'disconnected' ? reason : undefined),
        ...(wasConnected ? [new SessionDisconnectEvent(reason)] : []),
        ...(error ? [new SessionErrorEvent(error)] : []),
      ];
    });
  }

  /** Tells of an error once, until it is over. */
  protected override troubled(error: SessionError): void {
    if (error.message === this.#error?.message) return;
    this.#error = error;
    this.dispatchEvent(new SessionErrorEvent(error));
  }

  get #active(): boolean {
    return activeStates.includes(this.#state);
  }

  #receiveNews(frame: RosterNews): void {
    this.#update(() => {
      const due = this.#view.listDue;
      const transition = this.#view.receive(frame);
      // Who is in the first list was there before: nobody in it was created.
      return due ? this.#connectEvents() : this.#connectionEvents(transition);
    });
    if (this.#view.behind) this.sync();
  }

  #enter(state: SessionState, reason?: ConnectionReason): Event[] {
    if (state === this.#state) return [];
    this.#state = state;
    (this as { reason?: ConnectionReason | undefined }).reason = reason;
    return [new StateChangeEvent(state, reason)];
  }

  #connectEvents(): Event[] {
    if (!this.#connectDue || this.#view.listDue) return [];
    this.#connectDue = false;
    return [new SessionConnectEvent([...(this.connections?.values() ?? [])])];
  }

  #connectionEvents(transition: Transition | undefined): Event[] {
    const tell = (
      type: 'connectionCreated' | 'connectionDestroyed',
      connections: Connection[],
      reason?: ConnectionReason,
    ): Event[] => {
      const others = connections.filter(
        ({ connectionId }) => connectionId !== this.#connection?.connectionId,
      );
      return others.length ? [new ConnectionEvent(type, others, reason)] : [];
    };
    if (!transition) return [];
    return tell('connectionCreated', transition.created).concat(
      transition.destroyed.flatMap(({ connections, reason }) =>
        tell('connectionDestroyed', connections, reason),
      ),
    );
  }

  /** Changes what is known, then tells of it: a listener sees the new count. */
  #update(change: () => Event[] | void): void {
    const { count: previous, stale, connections } = this;
    const events = change() ?? [];
    if (this.count !== previous || this.stale !== stale || this.connections !== connections) {
      events.push(new CountChangeEvent(this.count, previous));
    }
    // What a listener changes is told of when everybody has heard of what came before it.
    if (this.#untold.push(...events) > events.length) return;
    for (const event of this.#untold) this.dispatchEvent(event);
    this.#untold = [];
  }

  #answer(id: number): { resolve: () => void; reject: (error: SessionError) => void } | undefined {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    return request;
  }

  #giveUpRequests(): void {
    for (const { reject } of this.#requests.values()) {
      reject(new SessionError(1010, 'The session is not connected'));
    }
    this.#requests.clear();
  }
}

const activeStates: SessionState[] = ['connecting', 'connected', 'reconnecting'];
