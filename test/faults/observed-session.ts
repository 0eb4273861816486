import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { ConnectionReason } from '../../src/protocol/index.js';
import { Member } from '../redis/member.js';
import type { ServerProcess } from '../system/server-process.js';
import { Observer } from './observer.js';

/** Somebody who is in a session, or was. */
export interface Participant {
  /** Undefined while it has no joined socket: then it isn't to be counted. */
  readonly connectionId: string | undefined;
  /** Leaves the session for good. */
  leave(): void;
}

/** A server process, or a way to one. */
export type Place = Pick<ServerProcess, 'url' | 'token'>;

/** What {@link ObservedSession.truth} takes. */
export interface TruthOptions {
  /** Who is in the session although its socket is open for nobody to see, or the other way about. Default: all who are joined. */
  of?: Iterable<Participant>;
  /** The processes that have to show it. Default: all of the session's. */
  on?: readonly Place[];
  /** From when on it is measured, by `performance.now()`. Default: now. */
  since?: number;
  /** How long it has to stay as it is, in ms. Default: 1 s. */
  calm?: number;
}

/**
 * A session with two observers on each process, one of its number and one of its list, and members whom the test
 * holds: what the observers show can be compared with the truth.
 */
export class ObservedSession extends EventEmitter {
  readonly sessionId: string;
  /** Everybody who ever joined it by {@link join} or was added by the test. */
  readonly members = new Set<Participant>();
  readonly #observers = new Map<Place, { readonly number: Observer; readonly list: Observer }>();
  readonly #onNews = (): boolean => this.emit('news');

  constructor(sessionId: string, servers: readonly Place[]) {
    super();
    this.setMaxListeners(0);
    this.sessionId = sessionId;
    for (const server of servers) {
      this.#observers.set(server, {
        number: new Observer(server, sessionId, false, this.#onNews),
        list: new Observer(server, sessionId, true, this.#onNews),
      });
    }
  }

  /** What its observers look at it through. */
  get places(): Place[] {
    return [...this.#observers.keys()];
  }

  /** The observer of the number on a process. */
  numberOn(server: Place): Observer {
    return this.#observers.get(server)!.number;
  }

  /** The observer of the list on a process. */
  listOn(server: Place): Observer {
    return this.#observers.get(server)!.list;
  }

  /** All observers of some processes. Default: of all. */
  observers(on: Iterable<Place> = this.#observers.keys()): Observer[] {
    return [...on].flatMap((server) => [this.numberOn(server), this.listOn(server)]);
  }

  /** Lets somebody join through a process who gets no other socket when that one ends. */
  async join(server: Place): Promise<Member> {
    const member = new Member(this.#onNews);
    this.members.add(member);
    await member.join(server, this.sessionId);
    return member;
  }

  joinMany(server: Place, count: number): Promise<Member[]> {
    return Promise.all(Array.from({ length: count }, () => this.join(server)));
  }

  /** Resolves when a condition holds; looks whenever an observer or a member hears something. */
  async until(condition: () => boolean, limit: number, what: string): Promise<void> {
    const signal = AbortSignal.timeout(limit);
    while (!condition()) {
      await once(this, 'news', { signal }).catch(() => {
        throw new Error(`${this.sessionId}: not in ${limit} ms: ${what}\n${this.#description()}`);
      });
    }
  }

  /**
   * Resolves when every observer shows who is in the session, not stale, and went on to do so.
   *
   * @param limit In ms, from now on.
   * @returns How long it took, in ms, without the calm after it.
   */
  async truth(limit: number, { of, on, since, calm = 1_000 }: TruthOptions = {}): Promise<number> {
    const began = since ?? performance.now();
    const observers = this.observers(on);
    const ids = (): Set<string> =>
      new Set([...(of ?? this.members)].flatMap(({ connectionId }) => connectionId ?? []));
    const isShown = (): boolean => {
      const expected = ids();
      return observers.every((observer) => observer.shows(expected));
    };
    await this.until(isShown, limit, `every observer shows the truth, ${ids().size}`);
    const took = performance.now() - began;
    const known = observers.map(({ shown }) => shown.length);
    await wait(calm);
    assert.deepEqual(
      observers.map(({ shown }, index) => shown.slice(known[index])),
      observers.map(() => []),
      `${this.sessionId}: what was shown did not stay the truth, ${ids().size}`,
    );
    return took;
  }

  /** What was said of connections that left, on one process: how many left for each reason. */
  departures(server: Place): Partial<Record<ConnectionReason, number>> {
    const counts: Partial<Record<ConnectionReason, number>> = {};
    for (const reason of [...this.listOn(server).destroyed.values()].flat()) {
      counts[reason] = (counts[reason] ?? 0) + 1;
    }
    return counts;
  }

  /** Throws where anybody was told twice of one and the same coming or going, or an older number after a newer. */
  assertOnce(): void {
    for (const [server, { number, list }] of this.#observers) {
      const where = `${this.sessionId} on ${server.url}`;
      const twice = [...list.created].filter(([, times]) => times > 1).map(([id]) => id);
      assert.deepEqual(twice, [], `${where}: created twice`);
      const gone = [...list.destroyed].filter(([, reasons]) => reasons.length > 1);
      assert.deepEqual(gone, [], `${where}: destroyed twice`);
      assert.deepEqual(number.stepsBack, [], `${where}: an older number after a newer`);
    }
  }

  /** Lets all members leave who are in it. */
  leave(): void {
    for (const member of this.members) if (member.connectionId) member.leave();
  }

  /** Ends members and observers. */
  close(): void {
    for (const member of this.members) member.leave();
    for (const observer of this.observers()) observer.close();
  }

  #description(): string {
    const joined = [...this.members].flatMap(({ connectionId }) => connectionId ?? []);
    const shown = [...this.#observers].flatMap(([{ url }, observers]) =>
      Object.entries(observers).map(([name, { now, ids }]) => {
        const missing = ids ? joined.filter((id) => !ids.has(id)).length : 0;
        const extra = ids ? [...ids].filter((id) => !joined.includes(id)).length : 0;
        const list = ids ? `, list of ${ids.size} (${missing} missing, ${extra} too many)` : '';
        return `  ${url} ${name}: ${now.count}${now.stale ? ' stale' : ''}${list}`;
      }),
    );
    return [`  joined: ${joined.length}`, ...shown].join('\n');
  }
}
