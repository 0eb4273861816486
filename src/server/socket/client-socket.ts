import { parseClientFrame, type ClientFrame, type JoinFrame } from '../../protocol/client-frames.js';
import { CloseCode } from '../../protocol/close-code.js';
import type { ResultFrame } from '../../protocol/server-frames.js';
import { SessionError } from '../../protocol/session-error.js';
import {
  isFirefox,
  meantBy,
  type LiveSession,
  type LiveSessions,
  type Outlet,
  type Watcher,
} from '../live-session/index.js';
import { errorFrame } from '../error-frame.js';
import type { Limits } from '../limits.js';
import type { Log, Refusal } from '../log/index.js';
import { admit, type Admission, type TokenPolicy } from '../tokens/index.js';
import { Rate, type RateLimit } from '../rate.js';
import { EngineError } from '../roster/index.js';
import type { Wire, WireListener } from './wire.js';

/** How long a client may take for its join, in ms. */
const joinTimeout = 5_000;
/** How long an unanswered ping keeps frames back, in ms. */
const answerTime = 5_000;
/** How much a reader may leave unread, in bytes, and for how long, in ms. */
const mostUnread = 64 * 1024;
const slowTime = 30_000;

/** What the sockets of a server share. */
export interface SocketContext {
  readonly live: LiveSessions;
  readonly policy: TokenPolicy;
  readonly limits: Limits;
  readonly log: Log;
  /** Hears of each refusal. */
  readonly onRefusal: (refusal: Refusal) => void;
  /** Of the frames of one client. */
  readonly frameRate: RateLimit;
  /** Called once for each socket, when it is closed. */
  readonly onClosed: (socket: ClientSocket) => void;
}

/** Where a client comes from. */
export interface ClientOrigin {
  readonly address: string;
  /** What the browser calls itself. */
  readonly userAgent: string | undefined;
}

/** One client's WebSocket, or what stands for it: frames in, frames out, signs of life. */
export class ClientSocket implements Outlet, WireListener {
  readonly address: string;
  /** When the client was last heard of, in ms. */
  lastSeen = performance.now();

  readonly #socket: Wire;
  readonly #context: SocketContext;
  readonly #isFirefox: boolean;
  readonly #rate: Rate;
  /** When a join has to be there, in ms; undefined once one was admitted. */
  #joinBy: number | undefined = this.lastSeen + joinTimeout;
  #work: Promise<void> = Promise.resolve();
  #session: LiveSession | undefined;
  #watcher: Watcher | undefined;
  #sessionId = '';
  #closeCode: number | undefined;
  #pingedAt: number | undefined;
  #fullSince: number | undefined;
  #handedOver = false;

  constructor(socket: Wire, context: SocketContext, origin: ClientOrigin) {
    const { address, userAgent = '' } = origin;
    this.#socket = socket;
    this.#context = context;
    this.address = address;
    this.#isFirefox = isFirefox(userAgent);
    this.#rate = new Rate(context.frameRate, this.lastSeen);
    socket.listener = this;
  }

  get blocked(): boolean {
    const now = performance.now();
    this.#fullSince = this.#socket.bufferedAmount > mostUnread ? (this.#fullSince ?? now) : undefined;
    return (
      this.#fullSince !== undefined || (this.#pingedAt !== undefined && now - this.#pingedAt > answerTime)
    );
  }

  send(frame: string): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.sendText(frame);
  }

  close(code: number): void {
    if (this.#closeCode !== undefined) return;
    this.#closeCode = code;
    this.#socket.close(code);
  }

  /** Has the client go on over another socket, on another process. */
  handOver(): void {
    if (this.#closeCode !== undefined || this.#socket.readyState !== this.#socket.OPEN) return;
    this.#handedOver = true;
    this.#socket.handOver();
  }

  /** Says what was wrong, then closes. */
  refuse(
    code: number,
    errorCode: SessionError['code'],
    message: string,
    fatal = true,
    retryAfter?: number,
  ): void {
    if (this.#closeCode !== undefined) return;
    const error = new SessionError(errorCode, message, fatal, retryAfter);
    this.#told(error.name, message);
    this.send(errorFrame(error));
    this.close(code);
  }

  /** Says what there is no room for, then closes. The client comes back in a minute. */
  refuseAsFull(message: string): void {
    this.refuse(CloseCode.full, 1027, message, false, 60);
  }

  ping(now: number): void {
    this.#pingedAt ??= now;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.askForLife();
  }

  /** Starts the client's time for a sign of life again. */
  forgive(now: number): void {
    this.lastSeen = now;
    this.#pingedAt = undefined;
  }

  /** Refuses a client that doesn't join. */
  awaitJoin(now: number): void {
    if (this.#joinBy === undefined || now < this.#joinBy) return;
    this.#joinBy = undefined;
    this.refuse(CloseCode.protocol, 2001, 'No join frame within 5 s: send one as the first frame');
  }

  /** Gives up a client that shows no sign of life. */
  fallSilent(): void {
    this.#closed(1006);
    this.#socket.terminate();
  }

  /**
   * Sends what could not be sent before, and the number where the last frame is older than `beatAfter` ms.
   */
  catchUp(now: number, beatAfter: number): void {
    const watcher = this.#watcher;
    if (!watcher) return;
    const beatDue = watcher.joined && watcher.visibility !== 'frozen' && now - watcher.sentAt >= beatAfter;
    // Nothing to do for nearly all, of thousands, in every second.
    if (!beatDue && !watcher.deferred && this.#fullSince === undefined) return;
    if (this.blocked) {
      const isSlow = this.#fullSince !== undefined && now - this.#fullSince >= slowTime;
      if (isSlow && this.#closeCode === undefined) {
        this.#told('TOO_SLOW', `It left more than ${mostUnread} bytes unread for ${slowTime / 1000} s`);
        this.close(CloseCode.tooSlow);
      }
      return;
    }
    if (watcher.deferred) this.#session!.tell(watcher, now);
    if (beatDue) this.#session!.beat(watcher, now);
  }

  onError({ code = '', message }: NodeJS.ErrnoException): void {
    if (code.startsWith('WS_ERR_')) this.#told(code, message);
  }

  #told(cause: string, reason: string): void {
    this.#context.onRefusal({ cause, reason, address: this.address });
  }

  /** Takes a frame of any kind for a sign of life; false where it is one too many, or comes too late. */
  #isHeard(): boolean {
    this.forgive(performance.now());
    if (this.#closeCode !== undefined) return false;
    if (this.#rate.take(this.lastSeen)) return true;
    this.refuse(
      CloseCode.tooManyFrames,
      2001,
      `More than ${this.#context.limits.framesPerSecond} frames a second: send fewer`,
      false,
      30,
    );
    return false;
  }

  onSignOfLife(): void {
    this.#isHeard();
  }

  onMessage(data: Buffer, binary: boolean): void {
    if (!this.#isHeard()) return;
    let frame: ClientFrame;
    try {
      if (binary) throw new SessionError(2001, 'A frame has to be text, not binary');
      frame = parseClientFrame(data.toString());
    } catch (error) {
      return this.refuse(CloseCode.protocol, 2001, (error as SessionError).message);
    }
    // One after the other: a frame behind the join must not overtake its token check.
    this.#work = this.#work
      .then(() => this.#handle(frame))
      .catch((error: unknown) => {
        this.#context.log.error({ err: error }, 'A frame could not be handled');
        this.refuse(1011, 2001, 'The server failed to handle a frame', false);
      });
  }

  async #handle(frame: ClientFrame): Promise<void> {
    if (this.#closeCode !== undefined) return;
    if (frame.type === 'join') return this.#join(frame);
    const session = this.#session;
    const watcher = this.#watcher;
    if (!session || !watcher) {
      return this.refuse(
        CloseCode.protocol,
        2001,
        `A "${frame.type}" frame came before the join: join first`,
      );
    }
    switch (frame.type) {
      case 'leave':
        this.close(CloseCode.normal);
        this.#closed(CloseCode.normal);
        break;
      case 'sync':
        session.sync(watcher, frame);
        break;
      case 'visibility':
        session.setVisibility(watcher, frame.state);
        break;
      case 'forceDisconnect': {
        const { id, connectionId } = frame;
        const error = await this.#forceDisconnect(watcher, connectionId);
        this.send(
          error ? errorFrame(error, id) : JSON.stringify({ type: 'result', id } satisfies ResultFrame),
        );
      }
    }
  }

  async #join(frame: JoinFrame): Promise<void> {
    const { sessionId, key, attempt = Date.now(), observe, detail } = frame;
    const { live, limits } = this.#context;
    if (this.#watcher)
      return this.refuse(CloseCode.protocol, 2001, 'A second join on one socket: open another');
    let admission: Admission | undefined;
    try {
      admission = await this.#admit(frame);
    } catch (error) {
      if (!(error instanceof SessionError)) throw error;
      const code = error.code === 1005 ? CloseCode.badSession : CloseCode.unauthorized;
      return this.refuse(code, error.code, error.message);
    }
    if (!admission) return this.close(CloseCode.removed);
    const observes = !!observe || admission.role === 'observer';
    const session = live.find(sessionId);
    if (!session && live.size >= limits.sessions) {
      return this.refuseAsFull(`The server is full: it has ${limits.sessions} sessions, see --max-sessions`);
    }
    const isFull = session && !observes && session.count >= limits.connectionsPerSession;
    if (isFull && (await live.recognise(sessionId, key)) !== 'counted') {
      return this.refuseAsFull(
        `The session is full: it has ${limits.connectionsPerSession} connections, see --max-connections-per-session`,
      );
    }
    this.#joinBy = undefined;
    if (this.#closeCode !== undefined || this.#socket.readyState !== this.#socket.OPEN) return;
    this.#sessionId = sessionId;
    this.#session = live.open(sessionId);
    this.#watcher = this.#session.join(this, {
      key,
      attempt,
      role: admission.role,
      data: admission.data,
      observe: observes,
      detail,
      mayList: admission.authenticated,
    });
  }

  /**
   * Checks a token, whose end counts for nothing where its client is in the count already. Undefined where the client
   * was removed by force.
   */
  async #admit(frame: JoinFrame): Promise<Admission | undefined> {
    const { live, policy } = this.#context;
    try {
      return await admit(frame, policy);
    } catch (error) {
      // Fails too where more is wrong with it than its end.
      const admission = await admit(frame, policy, { ignoreExpiry: true });
      const known = await live.recognise(frame.sessionId, frame.key);
      if (known === 'counted') return admission;
      if (known === 'removed') return undefined;
      throw error;
    }
  }

  async #forceDisconnect(watcher: Watcher, connectionId: string): Promise<SessionError | undefined> {
    if (watcher.role !== 'moderator') {
      return new SessionError(
        1520,
        `Removing a connection takes a token of the moderator role, not ${watcher.role}`,
      );
    }
    try {
      if (await this.#context.live.forceDisconnect(this.#sessionId, connectionId)) return undefined;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      return new SessionError(2001, error.message);
    }
    return new SessionError(1011, `No connection "${connectionId}" is in the session`);
  }

  /** A client that is gone may never end the connection that it said to be closing. */
  onClosing(code: number): void {
    if (this.#closeCode === undefined) this.#closed(this.#meant(code));
  }

  onClose(code: number): void {
    this.#closed(this.#meant(code));
    this.#context.onClosed(this);
  }

  #meant(code: number): number {
    // Who was asked to go may have come to another process already, which isn't known here yet.
    if (this.#handedOver && code === CloseCode.normal) return CloseCode.pageHidden;
    return meantBy(code, this.#isFirefox);
  }

  #closed(code: number): void {
    const watcher = this.#watcher;
    this.#watcher = undefined;
    // What this side closed with tells why; the other side may answer anything.
    this.#closeCode ??= code;
    if (watcher) this.#session!.leave(watcher, this.#closeCode, this.lastSeen);
  }
}
