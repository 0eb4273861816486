import { randomBytes } from 'node:crypto';
import type { Connection } from '../../protocol/connection.js';
import { OwnLease } from './own-lease.js';
import type { RosterEngine } from './roster-engine.js';

/** What an {@link Incarnation} takes. */
export interface IncarnationOptions {
  readonly engine: Pick<RosterEngine, 'renew'>;
  /** How long the engine holds an unrenewed lease, in ms. */
  readonly lease: number;
  /** The clock, in ms. */
  readonly now: () => number;
  /** A clock that is never set, in ms. */
  readonly steadyNow: () => number;
}

/**
 * How an incarnation is after a renewal: it lives; it lives, but the engine lost what it knew of it; or it may have been
 * declared dead.
 */
export type Renewal = 'lives' | 'forgotten' | 'dead';

/** How many earlier incarnations are remembered. */
const formerKept = 3;

/** The life of this process in the engine: under which name it has its parts, and by what right. */
export class Incarnation {
  #id = newId();
  /** Those before it, whose connections may not all have been reaped yet. */
  #former: readonly string[] = [];
  readonly #engine: IncarnationOptions['engine'];
  readonly #now: () => number;
  readonly #lease: OwnLease;
  #made = 0;
  /** The engine has its lease. */
  #known = false;

  constructor({ engine, lease, now, steadyNow }: IncarnationOptions) {
    this.#engine = engine;
    this.#now = now;
    this.#lease = new OwnLease(lease, now, steadyNow);
  }

  get id(): string {
    return this.#id;
  }

  get former(): readonly string[] {
    return this.#former;
  }

  /** Whether its lease can't have run out. */
  holdsLease(): boolean {
    return this.#lease.holds();
  }

  /** Whether it has held its lease without a gap for as long as that lasts. */
  isWhole(): boolean {
    return this.#lease.isWhole();
  }

  /** Makes a connection of its own. Its id is never used again. */
  newConnection(data: string): Connection {
    return { connectionId: `${this.#id}.${++this.#made}`, creationTime: this.#now(), data };
  }

  /**
   * Renews its lease.
   *
   * @param inTime Whether the others can't have declared it dead so far.
   */
  async renew(inTime: boolean): Promise<Renewal> {
    const id = this.#id;
    const asked = this.#lease.time();
    const lease = await this.#engine.renew(id);
    if (id !== this.#id) return 'lives';
    // Too late and unknown: it may have been reaped before the engine lost its data.
    if (lease === 'fenced' || (!inTime && lease === 'taken')) return 'dead';
    const forgotten = lease === 'taken' && this.#known;
    // Where its own renewals got lost, those of others may have, who are alive all the same.
    this.#lease.renewed(asked, inTime && this.#known && lease !== 'behind');
    this.#known = true;
    return forgotten ? 'forgotten' : 'lives';
  }

  /** Begins the next life. Its lease comes first: one without a lease that died now would never be reaped. */
  async beReborn(): Promise<void> {
    const id = newId();
    const asked = this.#lease.time();
    await this.#engine.renew(id);
    this.#former = [this.#id, ...this.#former].slice(0, formerKept);
    this.#id = id;
    this.#lease.renewed(asked, false);
    this.#known = true;
  }
}

const newId = (): string => randomBytes(9).toString('base64url');
