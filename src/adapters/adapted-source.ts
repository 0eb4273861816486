import type { Connection, ConnectionReason } from '../protocol/connection.js';
import { SessionError } from '../protocol/session-error.js';
import type { ConnectionSource, ConnectionSourceEventMap } from '../session/connection-source.js';
import {
  ConnectionEvent,
  CountChangeEvent,
  SessionConnectEvent,
  SessionDisconnectEvent,
  SessionErrorEvent,
  StateChangeEvent,
} from '../session/events.js';
import { RunningTotal, type Transition } from '../session/running-total.js';
import type { SessionState } from '../session/session-state.js';

/** Who is in a session, how many are where that alone is known, or undefined where nothing is. */
export type Present = readonly Connection[] | number | undefined;

/** What an adapter says of its platform's session. Each may be said at any time, and more than once. */
export interface SourceReport {
  /** On the way into the session. */
  connecting(): void;
  /**
   * In the session, or back in it.
   *
   * @param present All who are there, with oneself where that is a connection too. Who was there and isn't named left.
   * @param own One's own connection.
   */
  connected(present: Present, own?: Connection): void;
  created(connections: readonly Connection[]): void;
  /** @param reason Default: clientDisconnected. */
  destroyed(connectionId: string, reason?: ConnectionReason): void;
  /** How many there are, by the platform itself. */
  counted(count: number | undefined): void;
  /** The way to the session broke, and is being mended. */
  reconnecting(): void;
  /** @param reason Default: clientDisconnected. */
  disconnected(reason?: ConnectionReason): void;
  /** Couldn't get in. */
  failed(error: unknown): void;
}

/**
 * Begins to listen to a platform's object, and reports how it is at present before it returns. What it returns takes
 * away what it added, and nothing else.
 */
export type Attach = (report: SourceReport) => () => void;

/**
 * A ConnectionSource made of another platform's session, which the page made and keeps: it is only listened to, as
 * long as somebody listens here.
 */
export class AdaptedSource extends EventTarget implements ConnectionSource {
  readonly #attach: Attach;
  readonly #total = new RunningTotal();
  readonly #listeners = new Map<string, Set<unknown>>();
  #detach: (() => void) | undefined;
  #state: SessionState = 'idle';
  #reason: ConnectionReason | undefined;
  #connection: Connection | undefined;
  /** The platform's own number, where it gives one. */
  #number: number | undefined;
  #untold: Event[] = [];

  constructor(attach: Attach) {
    super();
    this.#attach = attach;
    this.#start();
  }

  get state(): SessionState {
    return this.#state;
  }

  get reason(): ConnectionReason | undefined {
    return this.#reason;
  }

  get count(): number | undefined {
    return this.#number ?? this.#total.connections?.size;
  }

  get stale(): boolean {
    return this.count !== undefined && this.#state !== 'connected';
  }

  get selfCounted(): boolean {
    return !!this.#connection;
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  get connections(): ReadonlyMap<string, Connection> | undefined {
    return this.#total.connections;
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
    const signal = typeof options === 'object' ? options.signal : undefined;
    if (!listener || signal?.aborted) return;
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
    signal?.addEventListener('abort', () => this.#forget(type, listener));
    this.#start();
  }

  override removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void {
    super.removeEventListener(type, listener, options);
    this.#forget(type, listener);
  }

  #forget(type: string, listener: unknown): void {
    const listeners = this.#listeners.get(type);
    if (!listeners?.delete(listener)) return;
    if (!listeners.size) this.#listeners.delete(type);
    if (!this.#listeners.size) this.#stop();
  }

  #start(): void {
    if (this.#detach) return;
    let ended = false;
    const during =
      <Arguments extends unknown[]>(change: (...args: Arguments) => Event[]) =>
      (...args: Arguments): void => {
        // Some platforms go on calling a listener that was taken away.
        if (!ended) this.#update(() => change(...args));
      };
    const report: SourceReport = {
      connecting: during(() => this.#enter('connecting')),
      connected: during((present: Present, own?: Connection) => this.#connected(present, own)),
      created: during((connections: readonly Connection[]) => this.#tell(this.#total.apply(connections, []))),
      destroyed: during((connectionId: string, reason: ConnectionReason = 'clientDisconnected') =>
        this.#tell(this.#total.apply([], [{ reason, connections: [connectionId] }])),
      ),
      counted: during((count: number | undefined) => {
        this.#count(count);
        return [];
      }),
      reconnecting: during(() => {
        const entered = this.#enter('reconnecting');
        return entered.length ? [...entered, new Event('sessionReconnecting')] : [];
      }),
      disconnected: during((reason: ConnectionReason = 'clientDisconnected') =>
        this.#ended('disconnected', reason),
      ),
      failed: during((error: unknown) => this.#ended('failed', undefined, error)),
    };
    const detach = this.#attach(report);
    this.#detach = () => {
      ended = true;
      detach();
    };
  }

  #stop(): void {
    this.#detach?.();
    this.#detach = undefined;
    this.#total.clear();
    this.#number = this.#connection = this.#reason = undefined;
    this.#state = 'idle';
  }

  #connected(present: Present, own: Connection | undefined): Event[] {
    const was = this.#state;
    this.#connection = own;
    const events = this.#enter('connected');
    if (typeof present !== 'object') {
      this.#total.forgetList();
      this.#count(present);
    } else {
      this.#number = undefined;
      // Who is in the first list was there before: nobody in it was created.
      const isFirst = !this.#total.connections;
      const transition = this.#total.replace(present);
      if (!isFirst) events.push(...this.#tell(transition));
    }
    if (was === 'reconnecting') return [new Event('sessionReconnected'), ...events];
    return was === 'connected'
      ? events
      : [...events, new SessionConnectEvent([...(this.connections?.values() ?? [])])];
  }

  #count(count: number | undefined): void {
    this.#number = Number.isSafeInteger(count) && count! >= 0 ? count : undefined;
  }

  #ended(state: 'disconnected' | 'failed', reason: ConnectionReason | undefined, error?: unknown): Event[] {
    const wasIn = this.#state === 'connected' || this.#state === 'reconnecting';
    this.#total.clear();
    this.#number = this.#connection = undefined;
    const entered = this.#enter(state, reason);
    if (!entered.length) return [];
    return [
      ...entered,
      ...(wasIn ? [new SessionDisconnectEvent(reason ?? 'networkDisconnected')] : []),
      ...(state === 'failed' ? [new SessionErrorEvent(errorOf(error))] : []),
    ];
  }

  #enter(state: SessionState, reason?: ConnectionReason): Event[] {
    if (state === this.#state) return [];
    this.#state = state;
    this.#reason = reason;
    return [new StateChangeEvent(state, reason)];
  }

  #tell({ created, destroyed }: Transition): Event[] {
    const others = (connections: Connection[]): Connection[] =>
      connections.filter(({ connectionId }) => connectionId !== this.#connection?.connectionId);
    return [
      ...[new ConnectionEvent('connectionCreated', others(created))],
      ...destroyed.map(
        ({ connections, reason }) => new ConnectionEvent('connectionDestroyed', others(connections), reason),
      ),
    ].filter(({ connections }) => connections.length);
  }

  /** Changes what is known, then tells of it: a listener sees the new count. */
  #update(change: () => Event[]): void {
    const { count: previous, stale, connections } = this;
    const events = change();
    if (this.count !== previous || this.stale !== stale || this.connections !== connections) {
      events.push(new CountChangeEvent(this.count, previous));
    }
    // What a listener changes is told of when everybody has heard of what came before it.
    if (this.#untold.push(...events) > events.length) return;
    for (const event of this.#untold) this.dispatchEvent(event);
    this.#untold = [];
  }
}

/** An error of a platform as one of ours. */
function errorOf(error: unknown): SessionError {
  if (error instanceof SessionError) return error;
  const { message = String(error) } = Object(error) as Partial<Error>;
  return new SessionError(1006, message, true);
}
