import type { Connection } from '../../protocol/connection.js';
import {
  MemoryEngine,
  Roster,
  RosterUpkeep,
  type Outbox,
  type RosterEngine,
  type RosterState,
} from '../roster/index.js';
import { FlushLoop } from './flush-loop.js';
import { LiveSession } from './live-session.js';
import { RemovedKeys } from './removed-keys.js';
import type { SessionObserver } from './session-observer.js';

/** How long the others wait for a process that says nothing before its connections are taken out, in ms. */
export const sharedLease = 5_000;

/** All sessions that somebody is connected to or watches on this process. */
export class LiveSessions {
  readonly #roster: Roster;
  readonly #upkeep: RosterUpkeep | undefined;
  readonly #observer: SessionObserver | undefined;
  readonly #loop = new FlushLoop((seconds) => this.#observer?.flushed(seconds));
  readonly #sessions = new Map<string, LiveSession>();
  readonly #removed = new RemovedKeys();

  /** How many sessions are live here. */
  get size(): number {
    return this.#sessions.size;
  }

  /** @param shared The engine of the rosters that other processes have a part in too. Default: none. */
  constructor(observer?: SessionObserver, shared?: RosterEngine) {
    this.#observer = observer;
    const lease = shared ? sharedLease : Infinity;
    this.#roster = new Roster({
      engine: shared ?? new MemoryEngine(),
      lease,
      onReborn: (sessionId, renamed) => this.find(sessionId)?.rename(renamed),
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

  /** Whether a key belonged to a connection that was removed by force. */
  isRemoved(sessionId: string, key: string): boolean {
    return this.#removed.has(sessionId, key, performance.now());
  }

  /** How many connections a session has, wherever they are. */
  read(sessionId: string): Promise<RosterState> {
    return this.#roster.read(sessionId);
  }

  /** Hears of each change to a session's roster until the returned function is called. */
  watch(sessionId: string, listener: () => void): () => void {
    return this.#roster.watch(sessionId, listener);
  }

  /** Appends the changes of all sessions to an outbox until the returned function is called. */
  record(outbox: Outbox): () => void {
    return this.#roster.record(outbox);
  }

  /** The connections of a session, wherever they are. */
  async list(sessionId: string): Promise<readonly Connection[]> {
    return (await this.#roster.list(sessionId)).connections;
  }

  /** Removes a connection. Resolves when it is out of the count; to false where there is no such connection. */
  async forceDisconnect(sessionId: string, connectionId: string): Promise<boolean> {
    const removed = this.find(sessionId)?.forceDisconnect(connectionId);
    if (!removed) return false;
    this.#removed.add(sessionId, removed.key, performance.now());
    await removed.gone;
    return true;
  }

  /** Ends all sessions here. Resolves when shared rosters have none of their connections any more. */
  async close(): Promise<void> {
    this.#loop.stop();
    for (const session of this.#sessions.values()) session.close();
    this.#sessions.clear();
    if (!this.#upkeep) return;
    this.#upkeep.stop();
    await this.#roster.close();
  }
}
