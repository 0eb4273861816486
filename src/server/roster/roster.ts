import type { Connection, ConnectionReason } from '../../protocol/connection.js';
import { Incarnation } from './incarnation.js';
import { Retry } from './retry.js';
import type { Claim, Recognition, RosterEngine, RosterState, RosterStep } from './roster-engine.js';
import type { RosterOwner } from './roster-owner.js';
import { SessionRoster, type RosterContext } from './session-roster.js';

/** What a {@link Roster} takes. */
export interface RosterOptions {
  readonly engine: RosterEngine;
  /** How long the engine holds an unrenewed lease, in ms. Default: for ever. */
  lease?: number;
  /** The clock, in ms. */
  now?: () => number;
  /** A clock that is never set, in ms. Default: `performance.now`. */
  steadyNow?: () => number;
  /** Waits for some ms before what failed is tried again. Default: for half that time up to all of it. */
  pause?: (time: number) => Promise<unknown>;
  owner?: RosterOwner;
}

/** How many sessions are compared with the engine's at once when it is back. */
const comparedAtOnce = 50;

/**
 * This process's part of all rosters. The process is the truth about its own connections; the engine
 * holds a copy. What is written is always the difference between the two, so joins and leaves between two
 * writes are one batch, a join that left again is nothing, and a copy that got lost is made again.
 */
export class Roster {
  readonly #engine: RosterEngine;
  readonly #incarnation: Incarnation;
  readonly #retry: Retry;
  readonly #context: RosterContext;
  readonly #sessions = new Map<string, SessionRoster>();
  readonly #stopListening: () => void;
  #batches = 0;
  #renewal: Promise<void> | undefined;
  #rebirth: Promise<void> | undefined;
  #closed = false;

  constructor({
    engine,
    lease = Infinity,
    now = Date.now,
    steadyNow = () => performance.now(),
    pause,
    owner,
  }: RosterOptions) {
    this.#engine = engine;
    this.#incarnation = new Incarnation({ engine, lease, now, steadyNow });
    this.#retry = new Retry(pause);
    this.#context = {
      engine,
      incarnation: this.#incarnation,
      lease,
      now,
      retry: this.#retry,
      owner,
      isClosed: () => this.#closed,
      nextBatch: () => ++this.#batches,
      holdsLease: () => this.holdsLease(),
      renew: () => this.renew(),
      beReborn: () => this.#beReborn(),
      onUnused: (sessionId) => this.#sessions.delete(sessionId),
    };
    this.#stopListening = engine.onReturn(() => void this.#comeBack());
  }

  /** Makes a connection that is not in any roster yet. Its id is never used again. */
  newConnection(data: string): Connection {
    return this.#incarnation.newConnection(data);
  }

  /**
   * Adds a connection with the next {@link write}.
   *
   * @param claim What its client claims it with, here and elsewhere. Default: it can't be resumed elsewhere.
   */
  add(sessionId: string, connection: Connection, claim?: Claim): void {
    this.#session(sessionId).add(connection, claim);
  }

  /** Notes with the next {@link write} that the client of a connection has claimed it again. */
  claim(sessionId: string, connectionId: string, claim: Claim): void {
    this.#session(sessionId).claim(connectionId, claim);
  }

  /** Takes a connection out with the next {@link write}. */
  remove(sessionId: string, connectionId: string, reason: ConnectionReason): void {
    this.#session(sessionId).remove(connectionId, reason);
  }

  /** What the roster of a session knows of a client by its key. */
  recognise(sessionId: string, key: string): Promise<Recognition> {
    return this.#engine.recognise(sessionId, key);
  }

  /** Asks the process that has a connection to remove it by force. False where none has it. */
  askForRemoval(sessionId: string, connectionId: string): Promise<boolean> {
    return this.#engine.askForRemoval(sessionId, connectionId);
  }

  /**
   * Brings a session's copy in the engine up to date; resolves to its state when it is. While the engine can't be
   * reached it is tried again, until {@link close}.
   */
  write(sessionId: string): Promise<RosterState> {
    return this.#session(sessionId).write();
  }

  /**
   * Keeps this incarnation's lease. To be called every third of it. After a gap of more than the lease it goes on as
   * it was where the engine still knows it; else it is reborn.
   */
  renew(): Promise<void> {
    return (this.#renewal ??= this.#renew().finally(() => (this.#renewal = undefined)));
  }

  /**
   * Takes out the connections of dead processes. One whose own renewals weren't whole for a lease does nothing: what
   * kept them from the engine may have kept the others too.
   */
  async reap(): Promise<void> {
    if (this.#incarnation.isWhole()) await this.#engine.reap();
  }

  /**
   * Compares what this process has of a session with what the engine has: writes what got lost there, and tells
   * watchers what they missed. Resolves when both are the same, however long the engine is out of reach.
   */
  async reconcile(sessionId: string): Promise<void> {
    await this.#sessions.get(sessionId)?.reconcile();
  }

  /** The sessions that this process has connections in, or watches. */
  sessions(): IterableIterator<string> {
    return this.#sessions.keys();
  }

  /**
   * Ends this process's part. Its connections stay for one lease more, in which their clients may come to another
   * process; what fails from now on is not tried again.
   */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopListening();
    await this.#engine.renew(this.#incarnation.id).catch(() => {});
  }

  async read(sessionId: string): Promise<RosterState> {
    const state = await this.#engine.read(sessionId);
    this.#sessions.get(sessionId)?.hear(state);
    return state;
  }

  list(sessionId: string): Promise<RosterState & { readonly connections: readonly Connection[] }> {
    return this.#engine.list(sessionId);
  }

  /**
   * Hears of a session's roster until the returned function is called.
   *
   * @param doubt Called when {@link isSettled} or {@link isReachable} may have changed.
   */
  watch(sessionId: string, listener: (step: RosterStep) => void, doubt: () => void = () => {}): () => void {
    return this.#session(sessionId).watch(listener, doubt);
  }

  /** Whether the engine's roster of a watched session can be taken for whole, not one that is being made anew. */
  isSettled(sessionId: string): boolean {
    return this.#sessions.get(sessionId)?.isSettled ?? true;
  }

  /** Whether what is known of a watched session can't be out of date because the engine is out of reach. */
  isReachable(sessionId: string): boolean {
    return this.#sessions.get(sessionId)?.isReachable ?? true;
  }

  /**
   * Whether the others can't have declared this incarnation dead. A process that was stopped for longer
   * than its lease has to find out before it writes, not after.
   */
  protected holdsLease(): boolean {
    return this.#incarnation.holdsLease();
  }

  async #renew(): Promise<void> {
    const renewal = await this.#incarnation.renew(this.holdsLease());
    if (renewal === 'dead') await this.#beReborn();
    // What the engine knew of this process has to be told again.
    else if (renewal === 'forgotten') for (const session of this.#sessions.values()) void session.writeAnew();
  }

  /** Makes up for what was missed while the engine was out of reach. */
  async #comeBack(): Promise<void> {
    await this.renew().catch(() => {});
    this.#retry.goOn();
    const sessions = [...this.#sessions.values()];
    while (sessions.length) {
      const some = sessions.splice(0, comparedAtOnce);
      await Promise.allSettled(some.map((session) => session.reconcile()));
    }
  }

  #beReborn(): Promise<void> {
    return (this.#rebirth ??= this.#startAnew().finally(() => (this.#rebirth = undefined)));
  }

  async #startAnew(): Promise<void> {
    await this.#incarnation.beReborn();
    for (const session of this.#sessions.values()) session.rename();
    for (const session of this.#sessions.values()) void session.write();
  }

  #session(sessionId: string): SessionRoster {
    let session = this.#sessions.get(sessionId);
    if (!session) this.#sessions.set(sessionId, (session = new SessionRoster(sessionId, this.#context)));
    return session;
  }
}
