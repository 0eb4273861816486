import type { ClientFrame, JoinFrame } from '../protocol/client-frames.js';
import { CloseCode } from '../protocol/close-code.js';
import type { ConnectionReason } from '../protocol/connection.js';
import { connectPath, subprotocol } from '../protocol/endpoint.js';
import {
  parseServerFrame,
  type ErrorFrame,
  type JoinedFrame,
  type ServerFrame,
} from '../protocol/server-frames.js';
import { errorNames, SessionError, type ErrorCode } from '../protocol/session-error.js';
import { backoff } from './backoff.js';
import { closeResponse } from './close-response.js';
import { pageVisibility, watchPage, whenVisited } from './page-lifecycle.js';
import { leaveKey, newKey, takeKey } from './resume-key.js';
import { Timer } from './timer.js';
import type { Tokens } from './tokens.js';

/** In ms. */
const joinTimeout = 10_000;
const answerTimeout = 3_000;
const quietTime = 30_000;
/** A silence of this many heartbeats makes a socket suspect: 40 s at the server's default of 25 s. */
const heartbeatsMissed = 1.6;
/** How many WebSockets in a row have to fail before the fallback is asked. */
const mostBroken = 2;

/**
 * The way to a session server: a joined socket, and another whenever it is lost. Knows when to come back,
 * with which token, and that a page which goes away and comes back, or is followed by another, is one
 * connection. What the frames mean is up to who extends it.
 */
export abstract class ServerLink extends EventTarget {
  readonly #url: string;
  readonly #storageName: string;
  readonly #tokens: Tokens;
  #key = '';
  #token: string | undefined;
  #running = false;
  /** The page is out of sight, in the back/forward cache or for good. */
  #suspended = false;
  #unwatchPage: (() => void) | undefined;
  /** The socket that is read: the newest that joined. */
  #socket: WebSocket | undefined;
  /** The socket that is about to join. */
  #joining: WebSocket | undefined;
  #tries = 0;
  #failures = 0;
  /** How many WebSockets in a row ended without a word: {@link mostBroken} as long as the fallback stands for them. */
  #broken = 0;
  #joinedOnce = false;
  /** What the server said before it closed the socket. */
  #refusal: SessionError | undefined;
  #heard = 0;
  #silenceLimit = 0;

  readonly #retry = new Timer();
  readonly #joinLimit = new Timer();
  readonly #answerLimit = new Timer();
  readonly #silence = new Timer();
  readonly #quiet = new Timer();

  /**
   * @param name What keeps the keys of different links of a page apart.
   * @throws {SessionError} 1011 for a server address that is none.
   */
  constructor(server: string | URL, name: string, tokens: Tokens) {
    super();
    this.#url = socketUrl(server);
    this.#storageName = `${this.#url} ${name}`;
    this.#tokens = tokens;
  }

  /** What a join says besides its key and token. */
  protected abstract joinFields(): Omit<JoinFrame, 'type' | 'key' | 'attempt' | 'token'>;
  /** What a sync asks for. */
  protected abstract syncFrame(): ClientFrame;
  protected abstract joined(frame: JoinedFrame): void;
  /** Takes any other frame; errors that end the socket aside. */
  protected abstract received(frame: ServerFrame): void;
  /** The joined socket is gone; another is on its way. */
  protected abstract lost(): void;
  /** The link ended by another hand than `shut`. */
  protected abstract ended(
    state: 'disconnected' | 'failed',
    reason: ConnectionReason,
    error?: SessionError,
  ): void;
  /** Something went wrong; the link goes on trying. */
  protected abstract troubled(error: SessionError): void;

  /** There is a joined socket. */
  protected get linked(): boolean {
    return !!this.#socket;
  }

  protected open(): void {
    this.#running = true;
    this.#failures = 0;
    this.#joinedOnce = false;
    this.#refusal = undefined;
    this.#tokens.retry();
    this.#unwatchPage = watchPage((news) => {
      if (news === 'hide') this.#suspend();
      else if (news === 'show') this.#resume();
      else if (news === 'suspect') this.#wake(true);
      else {
        this.send({ type: 'visibility', state: news });
        if (news === 'visible') this.#wake(false);
      }
    });
    whenVisited(() => {
      if (!this.#running) return;
      this.#key = takeKey(this.#storageName) || newKey();
      void this.#tryJoin();
    });
  }

  /** Leaves, for good until the next `open`. */
  protected shut(): void {
    this.#running = this.#suspended = false;
    this.#unwatchPage?.();
    this.#leave();
  }

  protected send(frame: ClientFrame, socket = this.#socket): void {
    // 1 is WebSocket.OPEN, which is not to be had where there are no WebSockets.
    if (socket?.readyState === 1) socket.send(JSON.stringify(frame));
  }

  /** Asks for what is missing, or for a sign of life. */
  protected sync(): void {
    const socket = this.#socket;
    if (!socket || this.#answerLimit.running) return;
    this.send(this.syncFrame());
    this.#answerLimit.start(answerTimeout, () => this.#drop(socket));
  }

  async #tryJoin(): Promise<void> {
    this.#retry.stop();
    const current = ++this.#tries;
    const outdated = (): boolean => current !== this.#tries || !this.#running || this.#suspended;
    let token: string | undefined;
    try {
      token = await this.#tokens.next();
    } catch (thrown) {
      if (outdated()) return;
      const error =
        thrown instanceof SessionError ? thrown : new SessionError(2001, `No token: ${String(thrown)}`);
      if (error.fatal) return this.#end('failed', error);
      this.troubled(error);
      return this.#retryLater();
    }
    if (outdated()) return;
    if (!token && this.#refusal?.fatal) return this.#end('failed', this.#refusal);
    this.#token = token;
    let Fallback: typeof WebSocket | undefined;
    if (this.#broken === mostBroken) {
      this.#broken = 0;
      // On a dead network a browser waits for minutes.
      this.#retryLater(joinTimeout / 1000);
      // Where it is not to be had, as where a policy forbids it, WebSockets go on being tried.
      const loaded = await import('./fallback.js').catch(() => undefined);
      Fallback = loaded?.FallbackSocket as unknown as typeof WebSocket | undefined;
      if (outdated()) return;
      this.#retry.stop();
      if (Fallback) this.#broken = mostBroken;
    }
    let socket: WebSocket;
    try {
      socket = new (Fallback ?? WebSocket)(this.#url, subprotocol);
    } catch {
      // An insecure address on a secure page.
      return this.#end('failed', unreachable(this.#url, true));
    }
    // A second drain may find one that is still on its way.
    this.#joining?.close(CloseCode.replaced);
    this.#joining = socket;
    socket.onopen = () =>
      this.send(
        {
          type: 'join',
          ...this.joinFields(),
          key: this.#key,
          attempt: Date.now(),
          token: token && `${token}`,
        },
        socket,
      );
    socket.onmessage = ({ data }: MessageEvent<string>) => this.#receive(socket, data);
    socket.onclose = ({ code }) => this.#closed(socket, code);
    // Where the page's policy forbids the address, Chromium tells of an error and never of a close.
    socket.onerror = () => this.#closed(socket, 1006);
    this.#joinLimit.start(joinTimeout, () => this.#drop(socket));
  }

  #receive(socket: WebSocket, data: string): void {
    if (socket !== this.#socket && socket !== this.#joining) return;
    this.#answerLimit.stop();
    let frame;
    try {
      frame = parseServerFrame(data);
    } catch (error) {
      this.troubled(new SessionError(2001, `${this.#url} sent no frame: ${String(error)}`));
      return this.#drop(socket);
    }
    if (frame.type === 'joined') this.#join(socket, frame);
    else if (frame.type === 'drain') {
      // From 2 to 1: where the next WebSocket fails, the fallback goes on.
      this.#broken >>= 1;
      void this.#tryJoin();
    } else if (frame.type === 'error' && frame.id === undefined) this.#refusal = errorOf(frame);
    else this.received(frame);
    this.#heard = Date.now();
    if (this.#socket) this.#silence.start(this.#silenceLimit, () => this.sync());
  }

  #join(socket: WebSocket, frame: JoinedFrame): void {
    if (socket === this.#joining) {
      this.#socket?.close(CloseCode.normal);
      this.#socket = socket;
      this.#joining = undefined;
      this.#joinLimit.stop();
      // To 0, except for the fallback.
      this.#broken &= mostBroken;
    }
    this.#silenceLimit = frame.heartbeat * heartbeatsMissed;
    this.#joinedOnce = true;
    this.#refusal = undefined;
    this.#tokens.accept();
    this.#quiet.start(quietTime, () => (this.#failures = 0));
    this.joined(frame);
    if (pageVisibility() !== 'visible') this.send({ type: 'visibility', state: 'hidden' });
  }

  #closed(socket: WebSocket, code: number): void {
    if (socket === this.#joining) {
      this.#joining = undefined;
      this.#joinLimit.stop();
      // A code that is the server's came over a socket that works. Where the fallback fails too, it is not the socket.
      if (code === 1006) this.#broken = (this.#broken + 1) % (mostBroken + 1);
    } else if (socket === this.#socket) this.#forgetSocket();
    else return;
    if (this.#socket || this.#joining) return;
    const response = closeResponse(code);
    const refusal = this.#refusal;
    if (response === 'stayAway') return this.#end('disconnected');
    if (response === 'fail') {
      return this.#end('failed', refusal ?? new SessionError(2001, `${this.#url} closed with ${code}`, true));
    }
    this.lost();
    // Without the error that it ends with, it would go on at once and for ever.
    if (response === 'newToken' && refusal?.fatal) {
      this.#tokens.refuse(this.#token);
      void this.#tryJoin();
      return;
    }
    if (response === 'newKey') this.#key = newKey();
    if (refusal) this.troubled(refusal);
    else if (!this.#joinedOnce) this.troubled(unreachable(this.#url));
    this.#retryLater(refusal?.retryAfter);
  }

  #retryLater(seconds?: number): void {
    const delay = seconds ? seconds * 1000 : backoff(this.#failures++);
    this.#retry.start(delay, () => void this.#tryJoin());
  }

  /** Gives a socket up that doesn't answer: closing it may take the browser minutes. */
  #drop(socket: WebSocket): void {
    socket.close(CloseCode.replaced);
    this.#closed(socket, 1006);
  }

  /** @param suspect Whether the socket may have died although it was heard of lately. */
  #wake(suspect: boolean): void {
    if (this.#retry.running) void this.#tryJoin();
    else if (suspect || Date.now() - this.#heard > this.#silenceLimit) this.sync();
  }

  #suspend(): void {
    if (this.#key && leaveKey(this.#storageName, this.#key)) this.#close(CloseCode.pageHidden);
    else this.#leave();
    this.#suspended = true;
  }

  #resume(): void {
    if (!this.#suspended) return;
    this.#suspended = false;
    // The storage of a page that was kept may not show yet what the page after it left there: the same key.
    this.#key = takeKey(this.#storageName) || this.#key;
    this.lost();
    void this.#tryJoin();
  }

  #end(state: 'disconnected' | 'failed', error?: SessionError): void {
    this.shut();
    this.ended(state, error ? 'networkDisconnected' : 'forceDisconnected', error);
  }

  #leave(): void {
    this.send({ type: 'leave' });
    this.#close(CloseCode.normal);
  }

  #close(code: number): void {
    this.#socket?.close(code);
    this.#joining?.close(code);
    this.#joining = undefined;
    this.#forgetSocket();
    this.#retry.stop();
    this.#joinLimit.stop();
  }

  #forgetSocket(): void {
    this.#socket = undefined;
    this.#answerLimit.stop();
    this.#silence.stop();
    this.#quiet.stop();
  }
}

/** What an error frame says, as an error. */
export const errorOf = ({ code, message, fatal, retryAfter }: ErrorFrame): SessionError =>
  new SessionError(code in errorNames ? (code as ErrorCode) : 2001, message, fatal, retryAfter);

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

const unreachable = (url: string, fatal?: boolean): SessionError =>
  new SessionError(
    1006,
    `Can't reach ${url}: check that "server" is right and runs, is https where the page is, and is in the page's connect-src`,
    fatal,
  );
