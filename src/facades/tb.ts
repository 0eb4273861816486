import { Session, type SessionError } from '../client/index.js';
import type { Connection } from '../protocol/connection.js';
import { ConnectionEvent, SessionConnectEvent, SessionDisconnectEvent } from '../session/index.js';
import { serverAddress } from './server-address.js';

/** What went wrong, as OpenTok 1.0's ExceptionEvent; dispatched by {@link TB}. */
export class ExceptionEvent extends Event {
  readonly code: number;
  readonly title: string;
  readonly message: string;

  constructor({ code, name, message }: SessionError) {
    super('exception');
    this.code = code;
    this.title = name;
    this.message = message;
  }
}

/**
 * A session as OpenTok 1.0 has it: `sessionConnected` carries all connections, one's own included;
 * `connectionCreated` and `connectionDestroyed` carry arrays of later ones. Lists hold while the session
 * server gives them, up to 1,000 connections.
 */
export class TBSession extends EventTarget {
  readonly sessionId: string;
  readonly #fail: (error: SessionError) => void;
  #token = '';
  #session: Session | undefined;

  /** Made by {@link TB}'s `initSession`. */
  constructor(sessionId: string, fail: (error: SessionError) => void) {
    super();
    this.sessionId = sessionId;
    this.#fail = fail;
  }

  /** One's own connection, while connected. */
  get connection(): Connection | undefined {
    return this.#session?.connection;
  }

  connect(apiKey: string | number, token: string): void {
    this.#token = token;
    if (!this.#session) {
      let session: Session;
      try {
        session = new Session({
          server: serverAddress(TB.server),
          sessionId: this.sessionId,
          apiKey: String(apiKey),
          token: () => this.#token,
        });
      } catch (error) {
        return this.#fail(error as SessionError);
      }
      this.#relay(session);
      this.#session = session;
    }
    this.#session.connect();
  }

  disconnect(): void {
    this.#session?.disconnect();
  }

  /** Removes a connection; takes a moderator's token. Failures come as `exception` events of {@link TB}. */
  forceDisconnect(connection: Connection | string): void {
    this.#session?.forceDisconnect(connection).catch(this.#fail);
  }

  #relay(session: Session): void {
    const relay = (type: 'connectionCreated' | 'connectionDestroyed'): void =>
      session.addEventListener(type, ({ connections, reason }) =>
        this.dispatchEvent(new ConnectionEvent(type, connections, reason)),
      );
    session.addEventListener('sessionConnected', ({ connections }) =>
      this.dispatchEvent(new SessionConnectEvent(connections)),
    );
    relay('connectionCreated');
    relay('connectionDestroyed');
    session.addEventListener('sessionDisconnected', ({ reason }) =>
      this.dispatchEvent(new SessionDisconnectEvent(reason)),
    );
    session.addEventListener('sessionError', ({ error }) => this.#fail(error));
  }
}

class TokBox extends EventTarget {
  /** The session server's base address. Default: where the classic script came from. */
  server: string | undefined;

  initSession(sessionId: string): TBSession {
    return new TBSession(sessionId, (error) => this.dispatchEvent(new ExceptionEvent(error)));
  }
}

/** The global object of OpenTok 1.0, as far as connections go. */
export const TB = new TokBox();
