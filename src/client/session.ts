import type { Connection, ConnectionReason, Role } from '../protocol/connection.js';
import type { ClientFrame } from '../protocol/client-frames.js';
import { CloseCode } from '../protocol/close-code.js';
import { connectPath, subprotocol } from '../protocol/endpoint.js';
import { parseServerFrame, type ErrorFrame, type JoinedFrame } from '../protocol/server-frames.js';
import { errorNames, SessionError, type ErrorCode } from '../protocol/session-error.js';
import { isSessionId } from '../protocol/session-id.js';
import type {
  ConnectionSource,
  ConnectionSourceEventMap,
  SessionState,
} from '../session/connection-source.js';
import {
  ConnectionEvent,
  CountChangeEvent,
  SessionConnectEvent,
  SessionDisconnectEvent,
  SessionErrorEvent,
  StateChangeEvent,
} from '../session/events.js';
import type { Transition } from '../session/running-total.js';
import { backoff } from './backoff.js';
import { closeResponse } from './close-response.js';
import { pageVisibility, watchPage, whenVisited } from './page-lifecycle.js';
import { leaveKey, newKey, takeKey } from './resume-key.js';
import { RosterView, type RosterNews } from './roster-view.js';
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

/** In ms. */
const joinTimeout = 10_000;
const answerTimeout = 3_000;
const holdTime = 5_000;
const quietTime = 30_000;
/** A silence of this many heartbeats makes a socket suspect: 40 s at the server's default of 25 s. */
const heartbeatsMissed = 1.6;

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
export class Session extends EventTarget implements ConnectionSource {
  readonly sessionId: string;
  /** Where tokens come from; another may be added while the session runs. */
  readonly tokens: Tokens;

  readonly #url: string;
  readonly #apiKey: string | undefined;
  readonly #observe: boolean;
  readonly #view = new RosterView();
  #state: SessionState = 'idle';
  #connection: Connection | undefined;
  #role: Role | undefined;
  #error: SessionError | undefined;

  #key = '';
  #token: string | undefined;
  /** The socket that is read: the newest that joined. */
  #socket: WebSocket | undefined;
  /** The socket that is about to join. */
  #joining: WebSocket | undefined;
  /** Whether the join asked for the list. */
  #listAsked = false;
  /** sessionConnected waits for the list that it carries. */
  #connectDue = false;
  #tries = 0;
  #failures = 0;
  #lostAt = 0;
  /** What the server said before it closed the socket. */
  #refusal: SessionError | undefined;
  #suspended = false;
  #unwatchPage: (() => void) | undefined;
  #heard = 0;
  #silenceLimit = 0;
  readonly #requests = new Map<number, { resolve: () => void; reject: (error: SessionError) => void }>();
  #lastRequest = 0;

  readonly #retry = new Timer();
  readonly #joinLimit = new Timer();
  readonly #answerLimit = new Timer();
  readonly #silence = new Timer();
  readonly #hold = new Timer();
  readonly #quiet = new Timer();

  /** @throws {SessionError} 1005 for a session id of bad form, 1011 for a server address that is none. */
  constructor({ server, sessionId, token, apiKey, observe }: SessionOptions) {
    super();
    if (!isSessionId(sessionId)) {
      throw new SessionError(
        1005,
        `The session id ${JSON.stringify(sessionId)} has to be 1 to 255 characters, none of them a control character`,
        true,
      );
    }
    this.#url = socketUrl(server);
    this.sessionId = sessionId;
    this.#apiKey = apiKey;
    this.#observe = !!observe;
    this.tokens = new Tokens(() => {
      if (this.#state === 'failed' && this.#error!.code === 1004) this.connect();
    });
    if (token !== undefined) this.tokens.add(typeof token === 'string' ? () => token : token);
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
    this.#sync();
  }

  /** Joins the session. Nothing where it is joined or on its way. */
  connect(): void {
    if (this.#active) return;
    this.#failures = 0;
    this.#refusal = undefined;
    this.tokens.retry();
    this.#unwatchPage = watchPage({
      hide: () => this.#suspend(),
      show: () => this.#resume(),
      visibility: (state) => {
        this.#send({ type: 'visibility', state });
        if (state === 'visible') this.#wake(false);
      },
      suspect: () => this.#wake(true),
    });
    this.#update(() => this.#enter('connecting'));
    whenVisited(() => {
      if (!this.#active) return;
      this.#key = takeKey(this.#storageName) || newKey();
      void this.#open();
    });
  }

  /** Leaves the session until `connect()` is called: the others see `clientDisconnected`. */
  disconnect(): void {
    if (this.#active) this.#end('disconnected', 'clientDisconnected');
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
      if (!this.#socket) return reject(notConnected());
      const id = ++this.#lastRequest;
      this.#requests.set(id, { resolve, reject });
      this.#send({ type: 'forceDisconnect', id, connectionId });
    });
  }

  get #active(): boolean {
    return activeStates.includes(this.#state);
  }

  get #storageName(): string {
    return [this.#url, this.#apiKey, this.#observe, this.sessionId].join(' ');
  }

  async #open(): Promise<void> {
    this.#retry.stop();
    const current = ++this.#tries;
    const outdated = (): boolean => current !== this.#tries || !this.#active || this.#suspended;
    let token: string | undefined;
    try {
      token = await this.tokens.next();
    } catch (error) {
      if (outdated()) return;
      this.#report(
        error instanceof SessionError ? error : new SessionError(2001, `No token: ${String(error)}`),
      );
      return this.#retryLater();
    }
    if (outdated()) return;
    if (!token && this.#refusal?.code === 1004) return this.#fail(this.#refusal);
    this.#token = token;
    let socket: WebSocket;
    try {
      socket = new WebSocket(this.#url, subprotocol);
    } catch {
      // An insecure address on a secure page, or one that the page's policy forbids.
      return this.#fail(unreachable(this.#url, true));
    }
    this.#joining = socket;
    socket.onopen = () => {
      // Who comes back with a list asks for what was missed instead, which names reasons.
      this.#listAsked = this.#view.listDue;
      this.#send(
        {
          type: 'join',
          sessionId: this.sessionId,
          token,
          apiKey: this.#apiKey,
          key: this.#key,
          observe: this.#observe,
          detail: this.#listAsked ? 'connections' : 'count',
        },
        socket,
      );
    };
    socket.onmessage = ({ data }: MessageEvent<string>) => this.#receive(socket, data);
    socket.onclose = ({ code }) => this.#closed(socket, code);
    this.#joinLimit.start(joinTimeout, () => this.#drop(socket));
  }

  #receive(socket: WebSocket, data: string): void {
    if (socket !== this.#socket && socket !== this.#joining) return;
    this.#answerLimit.stop();
    let frame;
    try {
      frame = parseServerFrame(data);
    } catch (error) {
      this.#report(new SessionError(2001, `${this.#url} sent something else than a frame: ${String(error)}`));
      return this.#drop(socket);
    }
    switch (frame.type) {
      case 'joined':
        this.#joined(socket, frame);
        break;
      case 'error':
        this.#refused(frame);
        break;
      case 'result':
        this.#answer(frame.id)?.resolve();
        break;
      case 'drain':
        void this.#open();
        break;
      default:
        this.#receiveNews(frame);
    }
    this.#heard = Date.now();
    if (this.#socket) this.#silence.start(this.#silenceLimit, () => this.#sync());
  }

  #joined(socket: WebSocket, frame: JoinedFrame): void {
    if (socket === this.#joining) {
      this.#socket?.close(CloseCode.normal);
      this.#socket = socket;
      this.#joining = undefined;
      this.#joinLimit.stop();
    }
    this.#silenceLimit = frame.heartbeat * heartbeatsMissed;
    this.#refusal = this.#error = undefined;
    this.tokens.accept();
    this.#quiet.start(quietTime, () => (this.#failures = 0));
    this.#update(() => {
      const renewed = !!this.#connection && this.#connection.connectionId !== frame.connection?.connectionId;
      const back = this.#state === 'reconnecting' && !renewed;
      const fresh = this.#state === 'connecting' || renewed;
      this.#connection = frame.connection;
      this.#role = frame.role;
      // A number from before a long absence says nothing about a restart.
      this.#view.join(frame, Date.now() - this.#lostAt < 2 * quietTime);
      if (this.#view.held) this.#hold.start(holdTime, () => this.#update(() => this.#view.release()));
      if (renewed) this.#view.forgetList();
      this.#connectDue ||= fresh;
      return [
        ...this.#enter('connected'),
        ...(renewed ? [new SessionDisconnectEvent('networkDisconnected')] : []),
        ...(back ? [new Event('sessionReconnected')] : []),
        ...this.#connectEvents(),
      ];
    });
    if (pageVisibility() !== 'visible') this.#send({ type: 'visibility', state: 'hidden' });
    if (this.#view.listed && !this.#listAsked) this.#sync();
    this.#listAsked = false;
  }

  #receiveNews(frame: RosterNews): void {
    let behind = false;
    this.#update(() => {
      const due = this.#view.listDue;
      const news = this.#view.receive(frame);
      behind = news.behind;
      // Who is in the first list was there before: nobody in it was created.
      return due ? this.#connectEvents() : this.#connectionEvents(news.transition);
    });
    if (behind) this.#sync();
  }

  #refused({ id, code, message, fatal, retryAfter }: ErrorFrame): void {
    const error = new SessionError(
      code in errorNames ? (code as ErrorCode) : 2001,
      message,
      fatal,
      retryAfter,
    );
    if (id === undefined) this.#refusal = error;
    else this.#answer(id)?.reject(error);
  }

  #closed(socket: WebSocket, code: number): void {
    if (socket === this.#joining) this.#joining = undefined;
    else if (socket === this.#socket) this.#forgetSocket();
    else return;
    this.#joinLimit.stop();
    if (this.#socket || this.#joining) return;
    const response = closeResponse(code);
    const refusal = this.#refusal;
    if (response === 'stayAway') return this.#end('disconnected', 'forceDisconnected');
    if (response === 'fail') {
      return this.#fail(refusal ?? new SessionError(2001, `${this.#url} closed with code ${code}`, true));
    }
    this.#lose();
    if (response === 'newToken') {
      this.tokens.refuse(this.#token);
      void this.#open();
      return;
    }
    if (response === 'newKey') this.#key = newKey();
    if (refusal) this.#report(refusal);
    else if (this.#state === 'connecting') this.#report(unreachable(this.#url));
    this.#retryLater(refusal?.retryAfter ?? (typeof response === 'number' ? response : undefined));
  }

  /** The way to the session broke. */
  #lose(): void {
    if (this.#state !== 'connected') return;
    this.#lostAt = Date.now();
    this.#update(() => [...this.#enter('reconnecting'), new Event('sessionReconnecting')]);
  }

  #retryLater(seconds?: number): void {
    const delay = seconds === undefined ? backoff(this.#failures++) : seconds * 1000;
    this.#retry.start(delay, () => void this.#open());
  }

  /** Gives a socket up that doesn't answer: closing it may take the browser minutes. */
  #drop(socket: WebSocket): void {
    socket.close(CloseCode.replaced);
    this.#closed(socket, 1006);
  }

  #sync(): void {
    const socket = this.#socket;
    if (!socket || this.#answerLimit.running) return;
    const detail = this.#view.listed ? 'connections' : 'count';
    this.#send({ type: 'sync', ...this.#view.syncVersion, detail });
    this.#answerLimit.start(answerTimeout, () => this.#drop(socket));
  }

  /** @param suspect Whether the socket may have died although it was heard of lately. */
  #wake(suspect: boolean): void {
    if (this.#retry.running) void this.#open();
    else if (suspect || Date.now() - this.#heard > this.#silenceLimit) this.#sync();
  }

  #suspend(): void {
    if (this.#key && leaveKey(this.#storageName, this.#key)) this.#shut(CloseCode.pageHidden);
    else this.#leave();
    this.#suspended = true;
  }

  #resume(): void {
    if (!this.#suspended) return;
    this.#suspended = false;
    // The storage of a page that was kept may not show yet what the page after it left there: the same key.
    this.#key = takeKey(this.#storageName) || this.#key;
    this.#lose();
    void this.#open();
  }

  #leave(): void {
    this.#send({ type: 'leave' });
    this.#shut(CloseCode.normal);
  }

  #shut(code: number): void {
    const sockets = [this.#socket, this.#joining];
    this.#joining = undefined;
    this.#forgetSocket();
    for (const timer of [this.#retry, this.#joinLimit, this.#hold]) timer.stop();
    for (const socket of sockets) socket?.close(code);
  }

  #forgetSocket(): void {
    this.#socket = undefined;
    for (const timer of [this.#answerLimit, this.#silence, this.#quiet]) timer.stop();
    for (const { reject } of this.#requests.values()) reject(notConnected());
    this.#requests.clear();
  }

  #fail(error: SessionError): void {
    this.#end('failed', 'networkDisconnected', error);
  }

  #end(state: 'disconnected' | 'failed', reason: ConnectionReason, error?: SessionError): void {
    this.#leave();
    this.#unwatchPage?.();
    this.#suspended = false;
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
  #report(error: SessionError): void {
    if (error.message === this.#error?.message) return;
    this.#error = error;
    this.dispatchEvent(new SessionErrorEvent(error));
  }

  #enter(state: SessionState, reason?: ConnectionReason): Event[] {
    if (state === this.#state) return [];
    this.#state = state;
    return [new StateChangeEvent(state, reason)];
  }

  #connectEvents(): Event[] {
    if (!this.#connectDue || this.#view.listDue) return [];
    this.#connectDue = false;
    return [new SessionConnectEvent([...(this.connections?.values() ?? [])])];
  }

  #connectionEvents(transition: Transition | undefined): Event[] {
    if (!transition) return [];
    const others = (connections: Connection[]): Connection[] =>
      connections.filter(({ connectionId }) => connectionId !== this.#connection?.connectionId);
    return [
      { type: 'connectionCreated' as const, connections: transition.created, reason: undefined },
      ...transition.destroyed.map((leaving) => ({ type: 'connectionDestroyed' as const, ...leaving })),
    ]
      .map(({ type, connections, reason }) => new ConnectionEvent(type, others(connections), reason))
      .filter(({ connections }) => connections.length);
  }

  /** Changes what is known, then tells of it: a listener sees the new count. */
  #update(change: () => Event[] | void): void {
    const { count: previous, stale, connections } = this;
    const events = change() ?? [];
    if (this.count !== previous || this.stale !== stale || this.connections !== connections) {
      events.push(new CountChangeEvent(this.count, previous));
    }
    for (const event of events) this.dispatchEvent(event);
  }

  #answer(id: number): { resolve: () => void; reject: (error: SessionError) => void } | undefined {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    return request;
  }

  #send(frame: ClientFrame, socket = this.#socket): void {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
  }
}

const activeStates: SessionState[] = ['connecting', 'connected', 'reconnecting'];

function socketUrl(server: string | URL): string {
  try {
    const url = new URL(server, globalThis.document?.baseURI);
    url.protocol = url.protocol.replace('http', 'ws');
    url.search = url.hash = '';
    if (/^wss?:/.test(url.protocol)) return url.href.replace(/\/*$/, '/') + connectPath;
  } catch {
    // Not a URL at all: the same answer.
  }
  throw new SessionError(1011, `The server address "${server}" has to be an http or https URL`, true);
}

const notConnected = (): SessionError => new SessionError(1010, 'The session is not connected');

const unreachable = (url: string, fatal?: boolean): SessionError =>
  new SessionError(
    1006,
    `Can't reach ${url}: check the "server" address, that it is https where the page is, that the server runs, and that a Content-Security-Policy has it in connect-src`,
    fatal,
  );
