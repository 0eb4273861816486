import WebSocket from 'ws';
import { RosterView, type RosterNews } from '../../src/client/roster-view.js';
import {
  connectPath,
  parseServerFrame,
  subprotocol,
  type ConnectionReason,
  type ServerFrame,
} from '../../src/protocol/index.js';
import { isLater, type RosterVersion } from '../../src/protocol/roster-version.js';
import type { ServerProcess } from '../system/server-process.js';

/** What an observer showed from a moment on. */
export interface Shown {
  /** By `performance.now()`. */
  readonly at: number;
  /** Undefined before the first number. */
  readonly count: number | undefined;
  /** True without a socket too. */
  readonly stale: boolean;
}

/** How long it waits before it looks for a server again that ended its socket, in ms. */
const retryPause = 100;

/**
 * Sees a session through one server process without being in it, by the product's own rules for frames. It comes back
 * whenever the process does.
 */
export class Observer {
  /** All frames that came, over all its sockets. */
  readonly frames: { readonly at: number; readonly frame: ServerFrame }[] = [];
  /** What it showed, from first to last; never twice the same one after the other. */
  readonly shown: Shown[] = [{ at: performance.now(), count: undefined, stale: true }];
  /** How often each connection was said to be created, by connection id. */
  readonly created = new Map<string, number>();
  /** Why each connection was said to be destroyed, each time that it was, by connection id. */
  readonly destroyed = new Map<string, ConnectionReason[]>();
  /** Each number that was older than the one before it over the same socket. */
  readonly stepsBack: string[] = [];
  readonly #server: Pick<ServerProcess, 'url' | 'token'>;
  readonly #sessionId: string;
  readonly #listing: boolean;
  readonly #onNews: () => void;
  readonly #view = new RosterView();
  #socket: WebSocket | undefined;
  #retry: NodeJS.Timeout | undefined;
  #latest: RosterVersion | undefined;
  #asked = false;
  #closed = false;

  /**
   * @param listing Whether it follows the list of connections, not only their number.
   * @param onNews Called after each frame, and when it lost its socket.
   */
  constructor(
    server: Pick<ServerProcess, 'url' | 'token'>,
    sessionId: string,
    listing: boolean,
    onNews: () => void,
  ) {
    this.#server = server;
    this.#sessionId = sessionId;
    this.#listing = listing;
    this.#onNews = onNews;
    this.#view.listed = listing;
    void this.#connect();
  }

  /** What it shows at present. */
  get now(): Shown {
    return this.shown.at(-1)!;
  }

  /** The ids of the connections that it knows; undefined where it follows the number alone, or doesn't know yet. */
  get ids(): ReadonlySet<string> | undefined {
    const { connections } = this.#view.total;
    return connections && new Set(connections.keys());
  }

  /** Whether what it shows is these connections, and not stale. */
  shows(ids: ReadonlySet<string>): boolean {
    const { count, stale } = this.now;
    if (stale || count !== ids.size) return false;
    const known = this.ids;
    return !this.#listing || (!!known && known.size === ids.size && [...ids].every((id) => known.has(id)));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#socket?.terminate();
  }

  async #connect(): Promise<void> {
    const token = await this.#server.token('observer', this.#sessionId);
    if (this.#closed) return;
    const socket = new WebSocket(`${this.#server.url.replace('http', 'ws')}/${connectPath}`, subprotocol);
    this.#socket = socket;
    const detail = this.#listing ? 'connections' : 'count';
    const join = { type: 'join', sessionId: this.#sessionId, token, key: 'observer', observe: true, detail };
    // The close that follows tells as much.
    socket.on('error', () => {});
    socket.on('open', () => socket.send(JSON.stringify(join)));
    socket.on('message', (data: Buffer) => this.#take(parseServerFrame(data.toString())));
    socket.on('close', () => {
      if (this.#closed) return;
      this.#show(this.#view.count, true);
      this.#retry = setTimeout(() => void this.#connect(), retryPause);
    });
  }

  #take(frame: ServerFrame): void {
    this.frames.push({ at: performance.now(), frame });
    this.#asked = false;
    // It is about this process, and waits until it is back.
    if (frame.type === 'drain') this.#socket!.close();
    if (frame.type === 'joined') {
      this.#latest = undefined;
      this.#view.join(frame, false);
    } else if (frame.type !== 'error' && frame.type !== 'result' && frame.type !== 'drain') {
      this.#follow(frame);
    }
    if ('count' in frame && !this.#listing) this.#compare(frame);
    this.#show(this.#view.count, this.#view.stale);
  }

  #follow(news: RosterNews): void {
    const list = this.#view.total.listVersion;
    const isNext = news.type === 'change' && list?.epoch === news.epoch && list.seq === news.from;
    const step = this.#view.receive(news);
    // What the server says is noted as it was said: the view would hide what was said twice.
    const created = isNext ? news.created : (step?.created ?? []);
    const departures = isNext
      ? news.destroyed
      : (step?.destroyed ?? []).map(({ reason, connections }) => ({
          reason,
          connections: connections.map(({ connectionId }) => connectionId),
        }));
    for (const { connectionId } of created) {
      this.created.set(connectionId, (this.created.get(connectionId) ?? 0) + 1);
    }
    for (const { reason, connections } of departures) {
      for (const id of connections) this.destroyed.set(id, [...(this.destroyed.get(id) ?? []), reason]);
    }
    if (!this.#view.behind || this.#asked) return;
    this.#asked = true;
    this.#socket!.send(JSON.stringify({ type: 'sync', ...this.#view.syncVersion, detail: 'connections' }));
  }

  #compare({ epoch, seq }: RosterVersion): void {
    if (this.#latest && isLater(this.#latest, { epoch, seq })) {
      this.stepsBack.push(`${this.#latest.epoch}/${this.#latest.seq} to ${epoch}/${seq}`);
    }
    this.#latest = { epoch, seq };
  }

  #show(count: number | undefined, stale: boolean): void {
    const { now } = this;
    if (now.count !== count || now.stale !== stale) this.shown.push({ at: performance.now(), count, stale });
    this.#onNews();
  }
}
