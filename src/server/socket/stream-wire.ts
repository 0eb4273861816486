import type { ServerResponse } from 'node:http';
import type { CloseFrame } from '../../protocol/fallback-frames.js';
import type { Inlet } from '../live-session/index.js';
import type { Wire, WireListener } from './wire.js';

/** How long what a client doesn't read may keep an ended stream open, in ms. */
const endTimeout = 2_000;

const headers = {
  // Neither kept nor compressed nor held back until there is more of it, by any proxy on the way.
  'Content-Type': 'application/x-ndjson; charset=utf-8',
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
  'X-Content-Type-Options': 'nosniff',
  'Access-Control-Allow-Origin': '*',
};

/**
 * The stream that answers a POSTed join, as a WebSocket: frames go down as lines, and those that are POSTed come in
 * by {@link receive}.
 */
export class StreamWire implements Wire, Inlet {
  readonly OPEN = 1;
  readyState = 1;
  listener: WireListener | undefined;
  /** Called once when the stream is over. */
  onEnd = (): void => {};
  readonly #response: ServerResponse;
  readonly #lifetime: NodeJS.Timeout;

  /** @param lifetime After how many ms the stream ends, so that a client who is gone is missed. */
  constructor(response: ServerResponse, lifetime: number) {
    this.#response = response;
    this.#lifetime = setTimeout(() => this.hangUp(1006), lifetime);
    response.on('error', () => {});
    response.on('close', () => this.hangUp(1006));
    response.writeHead(200, headers);
    response.flushHeaders();
  }

  get bufferedAmount(): number {
    return this.#response.writableLength;
  }

  sendText(text: string): void {
    this.#response.write(`${text}\n`);
  }

  /** Keeps the way open that a proxy would take for unused. Nobody answers: the end of the stream asks instead. */
  askForLife(): void {
    this.sendText('');
    this.listener?.onSignOfLife();
  }

  receive(frame: string): void {
    this.listener?.onMessage(Buffer.from(frame), false);
  }

  /** Only ends it: whoever follows one asks for the next. */
  handOver(): void {
    this.hangUp(1006);
  }

  close(code: number): void {
    if (this.readyState === this.OPEN)
      this.sendText(JSON.stringify({ type: 'close', code } satisfies CloseFrame));
    this.hangUp(code);
  }

  hangUp(code: number): void {
    if (this.readyState !== this.OPEN) return;
    this.readyState = 3;
    clearTimeout(this.#lifetime);
    this.#response.end();
    setTimeout(() => this.terminate(), endTimeout).unref();
    // Not at once, as with every socket: who closes it isn't done yet.
    process.nextTick(() => {
      this.onEnd();
      this.listener?.onClose(code);
    });
  }

  terminate(): void {
    this.#response.destroy();
  }
}
