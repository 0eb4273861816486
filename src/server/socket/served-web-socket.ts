import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { DrainFrame } from '../../protocol/server-frames.js';
import { sharedTextFrame } from './text-frame.js';
import type { Wire, WireListener } from './wire.js';

const drainFrame = JSON.stringify({ type: 'drain' } satisfies DrainFrame);
/** A ping without data: RFC 6455, section 5.5.2. */
const pingFrame = Buffer.from([0x89, 0]);

/**
 * A WebSocket that tells its events to one listener, which is set as soon as it is open. Functions of its own for
 * each event, and the table of them, would be a tenth of what an idle connection takes.
 */
export class ServedWebSocket extends WebSocket implements Wire {
  listener: WireListener | undefined;
  /** What it was made on. */
  connection: Duplex | undefined;

  /**
   * Sends a text past ws, which frames it anew for each socket and writes it in two parts. It holds nothing back itself,
   * since nothing is compressed, so the order stays.
   */
  sendText(text: string): void {
    this.connection!.write(sharedTextFrame(text));
  }

  askForLife(): void {
    this.connection!.write(pingFrame);
  }

  handOver(): void {
    this.sendText(drainFrame);
  }

  /** ws calls it too, as soon as the client's close frame came; its event comes when the connection is gone. */
  override close(code = 1005): void {
    if (code === 1005) super.close();
    else super.close(code);
    this.listener?.onClosing(code);
  }

  override emit(event: string, ...details: unknown[]): boolean {
    switch (event) {
      case 'message':
        this.listener?.onMessage(...(details as [Buffer, boolean]));
        break;
      case 'ping':
      case 'pong':
        this.listener?.onSignOfLife();
        break;
      case 'error':
        this.listener?.onError(...(details as [NodeJS.ErrnoException]));
        break;
      case 'close':
        this.listener?.onClose(...(details as [number]));
    }
    return true;
  }
}
