import { Session, SessionError } from '../client/index.js';
import type { Connection, ConnectionReason } from '../protocol/connection.js';
import { serverAddress } from './server-address.js';

/** The events of an {@link OTSession}: as in OpenTok 2, one connection each. */
export interface OTEvent {
  readonly type: string;
  readonly target: OTSession;
  readonly cancelable: boolean;
  /** Of connectionCreated and connectionDestroyed. */
  readonly connection?: Connection;
  /** Of connectionDestroyed and sessionDisconnected. */
  readonly reason?: ConnectionReason;
  isDefaultPrevented(): boolean;
  preventDefault(): void;
}

/** A listener of an {@link OTSession}. */
export type OTListener = (event: OTEvent) => void;

/** Takes what a call ended with; nothing where it succeeded. */
export type OTCallback = (error?: SessionError) => void;

/**
 * A session as OpenTok 2 has it: after `sessionConnected` comes one `connectionCreated` for each
 * connection, one's own included. Lists hold while the session server gives them, up to 1,000 connections.
 */
export class OTSession {
  readonly sessionId: string;
  readonly #apiKey: string;
  readonly #listeners = new Map<string, { listener: OTListener; context: unknown; once: boolean }[]>();
  readonly #waiting: OTCallback[] = [];
  #token = '';
  #session: Session | undefined;

  /** Made by {@link OT}'s `initSession`. */
  constructor(apiKey: string, sessionId: string) {
    this.#apiKey = apiKey;
    this.sessionId = sessionId;
  }

  /** One's own connection, while connected. */
  get connection(): Connection | undefined {
    return this.#session?.connection;
  }

  /** What the token allows, as 0 or 1. */
  get capabilities(): { readonly forceDisconnect: 0 | 1 } {
    return { forceDisconnect: this.#session?.role === 'moderator' ? 1 : 0 };
  }

  /** Listens to one type, several with spaces between, or a map of types to listeners. */
  on(types: string | Readonly<Record<string, OTListener>>, listener?: OTListener, context?: unknown): this {
    return this.#add(types, listener, context, false);
  }

  /** As {@link on}, for the next event alone. */
  once(types: string | Readonly<Record<string, OTListener>>, listener?: OTListener, context?: unknown): this {
    return this.#add(types, listener, context, true);
  }

  /** Removes listeners: all, all of some types, or a certain one. */
  off(types?: string | Readonly<Record<string, OTListener>>, listener?: OTListener): this {
    if (types === undefined) this.#listeners.clear();
    for (const [type, removed] of listenersByType(types ?? {}, listener)) {
      const kept = (this.#listeners.get(type) ?? []).filter((known) => removed && known.listener !== removed);
      this.#listeners.set(type, kept);
    }
    return this;
  }

  /** Connects with a client token. The callback is called once, when connected or when it failed for good. */
  connect(token: string, callback?: OTCallback): this {
    if (this.#session?.state === 'connected') {
      callback?.();
      return this;
    }
    if (callback) this.#waiting.push(callback);
    this.#token = token;
    if (!this.#session) {
      try {
        this.#session = this.#open();
      } catch (error) {
        this.#answer(error as SessionError);
        return this;
      }
    }
    this.#session.connect();
    return this;
  }

  disconnect(): Promise<void> {
    this.#session?.disconnect();
    return Promise.resolve();
  }

  /** Removes a connection; takes a moderator's token. */
  forceDisconnect(connection: Connection | string, callback: OTCallback = () => {}): Promise<void> {
    const removal =
      this.#session?.forceDisconnect(connection) ??
      Promise.reject(new SessionError(1010, 'The session is not connected'));
    removal.then(() => callback(), callback);
    return removal;
  }

  #open(): Session {
    const { sessionId } = this;
    const token = (): string => this.#token;
    const session = new Session({ server: serverAddress(OT.server), sessionId, apiKey: this.#apiKey, token });
    const tellEach = (type: string, connections: readonly Connection[], reason?: ConnectionReason): void => {
      for (const connection of connections) this.#tell(type, { connection, reason });
    };
    session.addEventListener('sessionConnected', ({ connections }) => {
      this.#tell('sessionConnected');
      tellEach('connectionCreated', connections);
      this.#answer();
    });
    session.addEventListener('connectionCreated', ({ connections }) =>
      tellEach('connectionCreated', connections),
    );
    session.addEventListener('connectionDestroyed', ({ connections, reason }) =>
      tellEach('connectionDestroyed', connections, reason),
    );
    session.addEventListener('sessionReconnecting', () => this.#tell('sessionReconnecting'));
    session.addEventListener('sessionReconnected', () => this.#tell('sessionReconnected'));
    session.addEventListener('sessionDisconnected', ({ reason }) =>
      this.#tell('sessionDisconnected', { reason }),
    );
    session.addEventListener('sessionError', ({ error }) => error.fatal && this.#answer(error));
    return session;
  }

  #add(
    types: string | Readonly<Record<string, OTListener>>,
    shared: OTListener | undefined,
    context: unknown,
    once: boolean,
  ): this {
    for (const [type, listener] of listenersByType(types, shared)) {
      if (!listener) continue;
      this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), { listener, context, once }]);
    }
    return this;
  }

  #tell(type: string, fields: Pick<OTEvent, 'connection' | 'reason'> = {}): void {
    let prevented = false;
    const event: OTEvent = {
      type,
      target: this,
      cancelable: type === 'sessionDisconnected',
      ...fields,
      isDefaultPrevented: () => prevented,
      preventDefault: () => void (prevented = true),
    };
    for (const known of this.#listeners.get(type) ?? []) {
      if (known.once) this.off(type, known.listener);
      // A page's error is the page's own: the next listener is called all the same.
      callSafely(() => known.listener.call(known.context ?? this, event));
    }
  }

  #answer(error?: SessionError): void {
    for (const callback of this.#waiting.splice(0)) callback(error);
  }
}

function listenersByType(
  types: string | Readonly<Record<string, OTListener>>,
  listener: OTListener | undefined,
): (readonly [string, OTListener | undefined])[] {
  if (typeof types !== 'string') return Object.entries(types);
  return types.split(/\s+/).map((type) => [type, listener] as const);
}

function callSafely(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    setTimeout(() => {
      throw error;
    });
  }
}

const sessions = new Map<string, OTSession>();

/** The global object of OpenTok 2, as far as connections go. */
export const OT = {
  /** The session server's base address. Default: where the classic script came from. */
  server: undefined as string | undefined,

  /** The session of an id: the same object at each call, as in OpenTok. */
  initSession(apiKey: string | number, sessionId: string): OTSession {
    let session = sessions.get(sessionId);
    if (!session) sessions.set(sessionId, (session = new OTSession(String(apiKey), sessionId)));
    return session;
  },

  /** A browser that can show a count can do all that is asked of it here. */
  checkSystemRequirements: (): 0 | 1 => 1,
};
