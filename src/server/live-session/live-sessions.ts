import { CloseCode } from '../../protocol/close-code.js';
import type { Connection } from '../../protocol/connection.js';
import {
  EngineError,
  MemoryEngine,
  Roster,
  RosterUpkeep,
  type Recognition,
  type RosterEngine,
  type RosterState,
} from '../roster/index.js';
import { FlushLoop } from './flush-loop.js';
import { LiveSession } from './live-session.js';
import type { SessionObserver } from './session-observer.js';
import type { Inlet } from './watcher.js';

/** How long the others wait for a process that says nothing before its connections are taken out, in ms. */
export const sharedLease = 5_000;
/** How long another process may take to remove a connection, in ms. */
const removalPatience = 5_000;

/** All sessions that somebody is connected to or watches on this process. */
export class LiveSessions {
  readonly #roster: Roster;
  readonly #upkeep: RosterUpkeep | undefined;
  readonly #observer: SessionObserver | undefined;
  readonly #loop = new FlushLoop((seconds) => this.#observer?.flushed(seconds));
  readonly #sessions = new Map<string, LiveSession>();
  readonly #inlets = new Map<string, Inlet>();

  /** How many sessions are live here. */
  get size(): number {
    return this.#sessions.size;
  }

  /**
   * @param shared The engine of the rosters that other processes have a part in too. Default: none.
   * @param own The engine of this process alone, where there is no other.
   */
  constructor(observer?: SessionObserver, shared?: RosterEngine, own = new MemoryEngine()) {
    this.#observer = observer;
    const lease = shared ? sharedLease : Infinity;
    this.#roster = new Roster({
      engine: shared ?? own,
      lease,
      owner: {
        renamed: (sessionId, connections) => this.find(sessionId)?.rename(connections),
        resumed: (sessionId, connections) => this.find(sessionId)?.resume(connections),
        away: (sessionId, ids) => this.find(sessionId)?.letGo(ids, CloseCode.superseded),
        refused: (sessionId, ids) => this.find(sessionId)?.letGo(ids, CloseCode.removed),
        removalAsked: (sessionId, id) => void this.find(sessionId)?.forceDisconnect(id),
      },
    });
    if (shared) this.#upkeep = new RosterUpkeep(this.#roster, lease);
  }

  /** Begins to take part in shared rosters. To be called when their engine can be reached. */
  async start(): Promise<void> {
    if (!this.#upkeep) return;
    await this.#roster.renew();
    this.#upkeep.start();
  }

  /** How many connections the live sessions have. */
  get connections(): number {
    let sum = 0;
    for (const session of this.#sessions.values()) sum += session.size;
    return sum;
  }

  /** How many clients are here over the fallback. */
  get streams(): number {
    return this.#inlets.size;
  }

  /** The session of an id, live from now on: sessions come into being by being asked for. */
  open(sessionId: string): LiveSession {
    let session = this.#sessions.get(sessionId);
    if (!session) {
      const opened = new LiveSession({
        sessionId,
        roster: this.#roster,
        loop: this.#loop,
        observer: this.#observer,
        onEmpty: () => {
          if (this.#sessions.get(sessionId) !== opened) return;
          this.#sessions.delete(sessionId);
          opened.close();
        },
      });
      this.#sessions.set(sessionId, (session = opened));
    }
    return session;
  }

  /** The session of an id where it is live. */
  find(sessionId: string): LiveSession | undefined {
    return this.#sessions.get(sessionId);
  }

  /** What is known of a client by its key, wherever it was. */
  async recognise(sessionId: string, key: string): Promise<Recognition> {
    return this.find(sessionId)?.isMember(key) ? 'counted' : this.#roster.recognise(sessionId, key);
  }

  /** Hands on the frames of a client that come by requests of their own, until the returned function is called. */
  attach(sessionId: string, key: string, inlet: Inlet): () => void {
    const name = `${key} ${sessionId}`;
    this.#inlets.set(name, inlet);
    return () => {
      if (this.#inlets.get(name) === inlet) this.#inlets.delete(name);
    };
  }

  /** Hands on a frame that came by a request of its own. False where its sender has no stream. */
  deliver(sessionId: string, key: string, frame: string): boolean {
    const inlet = this.#inlets.get(`${key} ${sessionId}`);
    inlet?.receive(frame);
    return !!inlet;
  }

  /** Ends the connection of a client that has a stream, or did until just now, as if it had closed with a code. */
  hangUp(sessionId: string, key: string, code: number): void {
    const inlet = this.#inlets.get(`${key} ${sessionId}`);
    if (inlet) inlet.hangUp(code);
    else this.find(sessionId)?.abandon(key, code);
  }

  /** How many connections a session has, wherever they are; stale where there may be more, since the roster was lost. */
  async read(sessionId: string): Promise<RosterState & { readonly stale: boolean }> {
    const state = await this.#roster.read(sessionId);
    // Who says nothing for a lease is dead; an epoch begins with the time when the roster was lost.
    const stale = !!state.awaited && Date.now() < state.epoch + sharedLease;
    return { ...state, stale };
  }

  /** Hears when {@link read} may have something new, until the returned function is called. */
  watch(sessionId: string, listener: () => void): () => void {
    return this.#roster.watch(sessionId, listener, listener);
  }

  /** The connections of a session, wherever they are. */
  async list(sessionId: string): Promise<readonly Connection[]> {
    return (await this.#roster.list(sessionId)).connections;
  }

  /**
   * Removes a connection, wherever it is. Resolves when it is out of the count; to false where there is no such
   * connection.
   *
   * @throws {EngineError} where the process that has it says nothing.
   */
  async forceDisconnect(sessionId: string, connectionId: string): Promise<boolean> {
    const gone = this.find(sessionId)?.forceDisconnect(connectionId);
    if (!gone) return this.#forceDisconnectElsewhere(sessionId, connectionId);
    await gone;
    return true;
  }

  async #forceDisconnectElsewhere(sessionId: string, connectionId: string): Promise<boolean> {
    let unwatch = (): void => {};
    const gone = new Promise<void>((resolve) => {
      unwatch = this.#roster.watch(sessionId, ({ destroyed }) => {
        if (destroyed.some(({ connections }) => connections.includes(connectionId))) resolve();
      });
    });
    try {
      // What is read is heard of from then on.
      await this.#roster.read(sessionId);
      if (!(await this.#roster.askForRemoval(sessionId, connectionId))) return false;
      await Promise.race([gone, this.#patience()]);
      return true;
    } finally {
      unwatch();
    }
  }

  #patience(): Promise<never> {
    const error = new EngineError('The process that has the connection says nothing: try again');
    return new Promise((_, reject) => setTimeout(() => reject(error), removalPatience).unref());
  }

  /** Ends all sessions here. Resolves when shared rosters know how long to keep their connections. */
  async close(): Promise<void> {
    this.#loop.stop();
    for (const session of this.#sessions.values()) session.close();
    this.#sessions.clear();
    if (!this.#upkeep) return;
    this.#upkeep.stop();
    await this.#roster.close();
  }
}
