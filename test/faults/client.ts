import WebSocket from 'ws';
import { Session } from '../../src/client/index.js';
import type { Participant } from './observed-session.js';

/** The product's own session client, which comes back by itself. */
export class Client implements Participant {
  readonly session: Session;

  /** @param onNews Called whenever something changed for it. */
  constructor(server: string, sessionId: string, token: string, onNews: () => void) {
    // It takes it from there, as in a browser.
    globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket;
    this.session = new Session({ server, sessionId, token });
    for (const type of ['stateChanged', 'sessionConnected', 'countChanged'] as const) {
      this.session.addEventListener(type, onNews);
    }
    this.session.connect();
  }

  get connectionId(): string | undefined {
    return this.session.state === 'connected' ? this.session.connection?.connectionId : undefined;
  }

  leave(): void {
    this.session.disconnect();
  }
}
