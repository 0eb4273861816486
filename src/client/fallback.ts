import type { DrainFrame, ErrorFrame } from '../protocol/server-frames.js';
import { CloseCode } from '../protocol/close-code.js';
import { fallbackPaths } from '../protocol/endpoint.js';
import type { CloseFrame, Sender } from '../protocol/fallback-frames.js';
import { Timer } from './timer.js';

/** How long a stream is read before another WebSocket is tried beside it, in ms. */
const patience = 600_000;

/**
 * What stands for a WebSocket on a network that lets none through: frames come down a POST's answer and go up by
 * POSTs. Opens only where the server is there and WebSockets are what fails; otherwise it closes, as one that could
 * not be opened.
 */
export class FallbackSocket {
  readyState: 0 | 1 | 3 = 0;
  onopen = (): void => {};
  onmessage: (event: { data: string }) => void = () => {};
  onclose: (event: { code: number }) => void = () => {};
  onerror = (): void => {};

  readonly #url: string;
  readonly #ending = new AbortController();
  readonly #patience = new Timer();
  #join: (Sender & Record<string, unknown>) | undefined;
  /** Frames that wait for the stream that answers them. */
  #waiting: string[] | undefined = [];

  /** @param url That of the WebSocket. */
  constructor(url: string) {
    this.#url = url.replace(/^ws/, 'http');
    void this.#probe();
  }

  /** Sends a frame, the first of which is the join. */
  send(text: string): void {
    const frame = JSON.parse(text) as Record<string, unknown>;
    if (!this.#join) {
      this.#join = frame as Sender & Record<string, unknown>;
      this.#tryWebSocketLater();
      void this.#follow();
    } else if (frame.type === 'leave') this.#part(frame);
    else if (this.#waiting) this.#waiting.push(text);
    else void this.#post(frame);
  }

  close(code: number): void {
    if (this.#join && code === CloseCode.pageHidden) this.#part({ type: 'close', code } satisfies CloseFrame);
    this.#stop();
  }

  /** Has another socket opened, which closes this one if it joins. */
  #tryWebSocketLater(): void {
    this.#patience.start(patience, () => {
      this.#tryWebSocketLater();
      this.onmessage({ data: JSON.stringify({ type: 'drain' } satisfies DrainFrame) });
    });
  }

  async #probe(): Promise<void> {
    try {
      const answer = await fetch(this.#url, { cache: 'no-store', signal: this.#ending.signal });
      if (this.readyState) return;
      if (answer.status === 426) {
        this.readyState = 1;
        return this.onopen();
      }
      this.#refuse(answer);
    } catch {
      // Nobody is there: it is not for want of WebSockets.
      this.#end(1006);
    }
  }

  /** Reads one stream after the other until one ends with a close. */
  async #follow(): Promise<void> {
    try {
      for (;;) {
        const answer = await fetch(this.#url + fallbackPaths.stream, {
          method: 'POST',
          // Each is an attempt of its own: on another process the same one would be too late.
          body: JSON.stringify({ ...this.#join, attempt: Date.now() }),
          signal: this.#ending.signal,
        });
        if (!answer.ok) return this.#refuse(answer);
        const joined = await this.#read(answer.body!.getReader());
        if (!joined) return this.#end(1006);
        // Whoever comes back with a list asks for what was missed instead.
        this.#join!.detail = 'count';
        this.#waiting = [];
      }
    } catch {
      this.#end(1006);
    }
  }

  /** Reads a stream to its end. Resolves to whether the join was answered. */
  async #read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<boolean> {
    const decoder = new TextDecoder();
    let unread = '';
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return !this.#waiting;
      const lines = (unread + decoder.decode(value, { stream: true })).split('\n');
      unread = lines.pop()!;
      // Empty ones only keep the way open.
      for (const line of lines) if (line) this.#receive(line);
    }
  }

  #receive(line: string): void {
    const frame = JSON.parse(line) as CloseFrame | { type: string };
    if ('code' in frame && frame.type === 'close') return this.#end(frame.code);
    if (this.readyState !== 1) return;
    this.onmessage({ data: line });
    if (frame.type !== 'joined') return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    for (const text of waiting ?? []) this.send(text);
  }

  async #post(frame: object): Promise<void> {
    try {
      const { ok } = await fetch(this.#url + fallbackPaths.frame, {
        method: 'POST',
        body: this.#sealed(frame),
      });
      if (ok) return;
    } catch {
      // The same as an answer that the stream is gone.
    }
    this.#end(1006);
  }

  /** Says what the page may not live to see answered. */
  #part(frame: object): void {
    const url = this.#url + fallbackPaths.frame;
    const body = this.#sealed(frame);
    // Not every browser keeps a request alive that it lets a page make, nor is there a beacon everywhere.
    if (globalThis.navigator?.sendBeacon?.(url, body)) return;
    fetch(url, { method: 'POST', body, keepalive: true }).catch(() => {});
  }

  /** A frame with its sender in it. */
  #sealed(frame: object): string {
    const { sessionId, key } = this.#join!;
    return JSON.stringify({ ...frame, sessionId, key });
  }

  #refuse({ status, headers }: Response): void {
    const retryAfter = Number(headers.get('Retry-After'));
    if (status !== 503 || !retryAfter) return this.#end(status === 413 ? CloseCode.tooBig : 1006);
    // Spread, so that those who were sent away don't come back together.
    const error: ErrorFrame = {
      type: 'error',
      name: 'OT_CONNECT_FAILED',
      code: 1006,
      message: `${this.#url} is overloaded: it asks to come back later`,
      fatal: false,
      retryAfter: Math.ceil(retryAfter * (1 + Math.random())),
    };
    this.onmessage({ data: JSON.stringify(error) });
    this.#end(1006);
  }

  #end(code: number): void {
    if (this.readyState === 3) return;
    this.#stop();
    this.onclose({ code });
  }

  #stop(): void {
    this.readyState = 3;
    this.#patience.stop();
    this.#ending.abort();
  }
}
