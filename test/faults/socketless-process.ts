import { RosterView } from '../../src/client/roster-view.js';
import { CloseCode, parseServerFrame } from '../../src/protocol/index.js';
import {
  LiveSessions,
  sharedLease,
  type Joining,
  type Watcher,
} from '../../src/server/live-session/index.js';
import { waitUntil } from './wait-until.js';
import { TamperedEngine, type Tamper } from './tampered-engine.js';

let keys = 0;

/** A client of a process without sockets: it reads what it is sent as a browser does. */
export class Visitor {
  readonly blocked = false;
  readonly view = new RosterView();
  /** The connections that it was told of, in order, as often as it was told. */
  readonly created: string[] = [];
  readonly destroyed: string[] = [];
  /** All numbers that it could show as the present one. */
  readonly counts: number[] = [];
  connectionId: string | undefined;
  closed: number | undefined;
  readonly #process: SocketlessProcess;
  readonly #watcher: Watcher;
  readonly #sessionId: string;

  constructor(process: SocketlessProcess, sessionId: string, joining: Partial<Joining> = {}) {
    this.#process = process;
    this.#sessionId = sessionId;
    this.view.listed = joining.detail === 'connections';
    this.#watcher = process.live.open(sessionId).join(this, {
      key: `visitor ${++keys}`,
      attempt: 1,
      role: 'subscriber',
      data: '',
      observe: false,
      detail: 'count',
      mayList: true,
      ...joining,
    });
  }

  /** Resolves when it is in the count, or watches. */
  async joined(): Promise<this> {
    await waitUntil('a client is let in', () => this.#watcher.joined);
    return this;
  }

  /** Goes as a tab does that is closed. */
  leave(): void {
    this.#process.live.find(this.#sessionId)!.leave(this.#watcher, CloseCode.normal, performance.now());
  }

  send(text: string): void {
    const frame = parseServerFrame(text);
    if (frame.type === 'error' || frame.type === 'drain' || frame.type === 'result') return;
    if (frame.type === 'joined') {
      this.connectionId = frame.connection?.connectionId;
      this.view.join(frame, false);
    } else {
      const transition = this.view.receive(frame);
      for (const { connectionId } of transition?.created ?? []) this.created.push(connectionId);
      for (const { connections } of transition?.destroyed ?? []) {
        this.destroyed.push(...connections.map(({ connectionId }) => connectionId));
      }
    }
    if (!this.view.stale) this.counts.push(this.view.count!);
    if (this.view.behind) {
      const sync = { type: 'sync', ...this.view.syncVersion } as const;
      setImmediate(() => this.#process.live.find(this.#sessionId)?.sync(this.#watcher, sync));
    }
  }

  close(code: number): void {
    this.closed = code;
  }
}

/** A server process without sockets: what keeps its sessions, on a Redis. */
export class SocketlessProcess {
  readonly engine: TamperedEngine;
  readonly live: LiveSessions;

  constructor(url: string, tamper?: Tamper) {
    this.engine = new TamperedEngine(url, sharedLease, tamper);
    this.live = new LiveSessions(undefined, this.engine);
  }

  async start(): Promise<this> {
    await this.engine.open();
    await this.live.start();
    return this;
  }

  async stop(): Promise<void> {
    await this.live.close();
    this.engine.close();
  }
}
