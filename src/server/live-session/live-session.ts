import type { Detail, SyncFrame, Visibility } from '../../protocol/client-frames.js';
import { CloseCode } from '../../protocol/close-code.js';
import type { Connection, ConnectionReason, Role } from '../../protocol/connection.js';
import { isLater } from '../../protocol/roster-version.js';
import type { CountFrame, DetailFrame, JoinedFrame } from '../../protocol/server-frames.js';
import { SessionError } from '../../protocol/session-error.js';
import { errorFrame } from '../error-frame.js';
import type { Roster, RosterState } from '../roster/index.js';
import { departureAfter } from './departure.js';
import type { FlushLoop } from './flush-loop.js';
import { Membership, type Member } from './membership.js';
import { RosterFollower } from './roster-follower.js';
import type { ObservedConnection, SessionObserver } from './session-observer.js';
import { Watcher, type Outlet } from './watcher.js';

/** How long joins and leaves wait for more of them, in ms. */
const batchDelay = 20;
/** How long a join waits for the roster, in ms, and its client then before the next try, in s. */
const joinPatience = 5_000;
const longestRetry = 5;
/** A data frame goes to each socket at least this often, in ms. */
export const heartbeat = 25_000;
/** The largest list that watchers are told of, and how many may come and go in a second. */
const longestList = 1_000;
const mostChanges = 50;
const changesMeasured = 10;

/** What a client joins with, once its token was accepted. */
export interface Joining {
  readonly key: string;
  /** Grows with each attempt of the client to connect. */
  readonly attempt: number;
  readonly role: Role;
  readonly data: string;
  readonly observe: boolean;
  readonly detail: Detail;
  readonly mayList: boolean;
}

/** What a session has from the server that it lives in. */
export interface LiveSessionOptions {
  readonly sessionId: string;
  readonly roster: Roster;
  readonly loop: FlushLoop;
  readonly observer?: SessionObserver | undefined;
  /** Called when nobody is here any more, connected or watching. */
  readonly onEmpty: () => void;
}

/** A session on this process: who is connected to it here, who watches it here, and what they are told. */
export class LiveSession {
  readonly #sessionId: string;
  readonly #roster: Roster;
  readonly #loop: FlushLoop;
  readonly #observer: SessionObserver | undefined;
  readonly #onEmpty: () => void;
  readonly #members = new Membership<Watcher>();
  readonly #watchers = new Set<Watcher>();
  readonly #follower: RosterFollower;
  #countFrame: string | undefined;
  #changes: { at: number; size: number }[] = [];
  #batch: Promise<RosterState> | undefined;
  #closed = false;
  #departures: NodeJS.Timeout | undefined;

  constructor({ sessionId, roster, loop, observer, onEmpty }: LiveSessionOptions) {
    this.#sessionId = sessionId;
    this.#roster = roster;
    this.#loop = loop;
    this.#observer = observer;
    this.#onEmpty = onEmpty;
    const onNews = (urgent: boolean): void => {
      this.#countFrame = undefined;
      loop.mark(this, urgent);
    };
    this.#follower = new RosterFollower({ sessionId, roster, onNews });
  }

  /** How many connections of this process it has. */
  get size(): number {
    return this.#members.size;
  }

  /** How many connections it has, wherever they are, as far as is known here. */
  get count(): number {
    return Math.max(this.#members.size, this.#follower.state.count);
  }

  /** Whether a key is that of a connection that is counted here. */
  isMember(key: string): boolean {
    return !!this.#members.withKey(key);
  }

  /** Adds a socket: as a new connection, as the one its key belongs to, or as an observer. */
  join(outlet: Outlet, joining: Joining): Watcher {
    const watcher = new Watcher(outlet, joining.role, joining.mayList);
    watcher.detail = joining.detail;
    this.#watchers.add(watcher);
    void this.#admit(watcher, joining);
    return watcher;
  }

  /** Takes a socket away. Its connection leaves by the reason table. */
  leave(watcher: Watcher, code: number, lastSeen: number): void {
    const { member } = watcher;
    this.#forget(watcher);
    // A server that goes down takes its roster with it: nobody is left to be told.
    if (member?.link === watcher && !this.#closed) {
      this.#lose(member, code, lastSeen, performance.now());
    }
    this.#closeIfEmpty();
  }

  /** Ends a connection that has no socket at present, as its client says in another way. By the reason table too. */
  abandon(key: string, code: number): void {
    const member = this.#members.withKey(key);
    const now = performance.now();
    if (member && !member.link) this.#lose(member, code, now, now);
  }

  /** Removes a connection by force. Resolves when it is out of the count; undefined where there is none here. */
  forceDisconnect(connectionId: string): Promise<unknown> | undefined {
    const member = this.#members.withId(connectionId);
    if (!member) return undefined;
    const watcher = member.link;
    member.link = undefined;
    if (watcher) this.#forget(watcher);
    watcher?.outlet.close(CloseCode.removed);
    return this.#depart(member, 'forceDisconnected');
  }

  sync(watcher: Watcher, { epoch, seq, detail }: SyncFrame): void {
    if (detail) watcher.detail = detail;
    if (watcher.detail === 'connections') watcher.listVersion = { epoch, seq };
    watcher.asked = true;
    this.#loop.mark(this);
  }

  setVisibility(watcher: Watcher, visibility: Visibility): void {
    watcher.visibility = visibility;
    if (visibility !== 'visible' || !watcher.joined) return;
    this.beat(watcher, performance.now());
    if (watcher.detail === 'connections') this.#loop.mark(this);
  }

  /** Tells each watcher what is new to it. */
  flush(): void {
    const { list } = this.#follower;
    const now = performance.now();
    if (list && this.#isTooMuch(list.step(), list.size, now)) this.#suppressLists(now);
    for (const watcher of this.#watchers) this.tell(watcher, now);
  }

  /** Tells a watcher what is new to it, now or as soon as it can take it. */
  tell(watcher: Watcher, now: number): void {
    watcher.deferred = false;
    if (!watcher.joined) return;
    if (watcher.detail === 'connections' && !watcher.mayList) this.#suppressList(watcher, now);
    this.#follower.settle();
    const { state, stale } = this.#follower;
    const turned = stale !== watcher.stale;
    const list = watcher.detail === 'connections' ? this.#follower.wantList() : undefined;
    const listIsDue = watcher.detail === 'connections' && !list;
    // Nobody else would look again when it is time.
    if (listIsDue || stale) watcher.deferred = true;
    if (listIsDue && !turned) return;
    const behind = list
      ? !watcher.listVersion || isLater(list.version, watcher.listVersion)
      : isLater(state, watcher.version);
    if (!behind && !watcher.asked && !turned) return;
    if (!watcher.receptive(now)) {
      watcher.deferred = true;
      return;
    }
    if (list && behind && !stale) {
      for (const frame of list.framesSince(watcher.listVersion)) watcher.send(frame, now);
      watcher.listVersion = list.version;
      this.#told(watcher);
    } else {
      this.beat(watcher, now);
    }
    watcher.asked = false;
  }

  /** Sends the number to a watcher that heard nothing for long. */
  beat(watcher: Watcher, now: number): void {
    watcher.send(this.#count(), now);
    this.#told(watcher);
  }

  /** Gives connections the ids that they have from now on, and tells their clients. */
  rename(renamed: ReadonlyMap<string, Connection>): void {
    const links = [...renamed].map(([id, connection]) => {
      const member = this.#members.withId(id);
      if (member) this.#members.rename(member, connection);
      return member?.link;
    });
    void this.#write().then((state) => {
      this.#follower.advance(state);
      for (const link of links) if (link?.joined && this.#watchers.has(link)) this.#welcome(link, false);
    });
  }

  /** Puts connections that their clients had elsewhere in the place of those that were made for them here. */
  resume(connections: ReadonlyMap<string, Connection>): void {
    for (const [id, connection] of connections) {
      const member = this.#members.withId(id);
      if (!member) continue;
      this.#members.rename(member, connection);
      member.resumed = true;
      if (member.link?.joined) this.#welcome(member.link, false);
    }
  }

  /** Forgets connections that are this process's no longer, and closes the sockets that they have here. */
  letGo(connectionIds: readonly string[], code: number): void {
    for (const id of connectionIds) {
      const member = this.#members.withId(id);
      if (!member) continue;
      const { link } = member;
      this.#members.remove(member);
      member.link = undefined;
      if (!link) continue;
      this.#forget(link);
      link.outlet.close(code);
    }
    this.#closeIfEmpty();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#departures);
    this.#follower.close();
  }

  async #admit(watcher: Watcher, { key, attempt, data, observe }: Joining): Promise<void> {
    const patience = setTimeout(() => this.#giveUp(watcher), joinPatience);
    await this.#follower.ready;
    // Who left meanwhile would be counted for ever: nobody would say again that it left.
    if (!this.#watchers.has(watcher)) return;
    let resumed = false;
    if (!observe) {
      const member = this.#members.withKey(key);
      if (member) {
        resumed = true;
        const older = this.#members.resume(member, watcher);
        watcher.member = member;
        if (older) {
          this.#forget(older);
          older.outlet.close(CloseCode.superseded);
        }
        // Until then it may turn out to be another, which its client has elsewhere.
        this.#roster.claim(this.#sessionId, member.connection.connectionId, { key, attempt });
        const written = this.#write();
        if (!member.counted) await written;
      } else {
        const connection = this.#roster.newConnection(data);
        const added = this.#members.add(key, connection, watcher);
        watcher.member = added;
        this.#roster.add(this.#sessionId, connection, { key, attempt });
        this.#follower.advance(await this.#write());
        added.counted = true;
        resumed = added.resumed;
      }
    }
    clearTimeout(patience);
    if (!this.#watchers.has(watcher)) return;
    if (watcher.member) this.#observer?.joined(this.#observed(watcher.member), resumed);
    this.#welcome(watcher, resumed);
  }

  /** Tells a client that it is in the count, and as which connection. */
  #welcome(watcher: Watcher, resumed: boolean): void {
    const { state, stale } = this.#follower;
    const frame: JoinedFrame = {
      type: 'joined',
      connection: watcher.connection,
      role: watcher.role,
      resumed,
      ...state,
      heartbeat,
      stale: stale || undefined,
    };
    watcher.joined = true;
    watcher.send(JSON.stringify(frame), performance.now());
    this.#told(watcher);
    if (watcher.detail === 'connections' || stale) this.#loop.mark(this);
  }

  /** Sends a client away whose join the roster doesn't answer. */
  #giveUp(watcher: Watcher): void {
    if (!this.#watchers.has(watcher)) return;
    const { member } = watcher;
    // Never in the count, as far as anybody was told.
    if (member?.link === watcher && !member.counted) {
      member.link = undefined;
      this.#members.remove(member);
      this.#roster.remove(this.#sessionId, member.connection.connectionId, 'networkDisconnected');
    }
    const error = new SessionError(
      2001,
      "The server can't reach its roster: try again later",
      false,
      1 + Math.floor(Math.random() * longestRetry),
    );
    this.#forget(watcher);
    watcher.outlet.send(errorFrame(error));
    watcher.outlet.close(CloseCode.tryLater);
  }

  #told(watcher: Watcher): void {
    watcher.version = this.#follower.state;
    watcher.stale = this.#follower.stale;
  }

  #count(): string {
    return (this.#countFrame ??= JSON.stringify({
      type: 'count',
      ...this.#follower.state,
      stale: this.#follower.stale || undefined,
    } satisfies CountFrame));
  }

  #isTooMuch(changes: number, size: number, now: number): boolean {
    this.#changes = this.#changes.filter(({ at }) => now - at < changesMeasured * 1000);
    this.#changes.push({ at: now, size: changes });
    const lately = this.#changes.reduce((sum, change) => sum + change.size, 0);
    return size > longestList || lately > mostChanges * changesMeasured;
  }

  #suppressLists(now: number): void {
    for (const watcher of this.#watchers) {
      if (watcher.detail === 'connections') this.#suppressList(watcher, now);
    }
    this.#follower.dropList();
  }

  #suppressList(watcher: Watcher, now: number): void {
    watcher.detail = 'count';
    watcher.listVersion = undefined;
    watcher.send(JSON.stringify({ type: 'detail', detail: 'count' } satisfies DetailFrame), now);
  }

  #observed({ connection: { connectionId } }: Member<Watcher>): ObservedConnection {
    return { sessionId: this.#sessionId, connectionId };
  }

  #depart(member: Member<Watcher>, reason: ConnectionReason): Promise<unknown> {
    this.#members.remove(member);
    this.#observer?.left(this.#observed(member), reason);
    this.#roster.remove(this.#sessionId, member.connection.connectionId, reason);
    return this.#write().then((state) => {
      this.#follower.advance(state);
      this.#closeIfEmpty();
    });
  }

  #lose(member: Member<Watcher>, code: number, lastSeen: number, now: number): void {
    const due = departureAfter(code, lastSeen, now);
    if (due.at <= now) void this.#depart(member, due.reason);
    else {
      this.#members.lose(member, due);
      this.#awaitDepartures();
    }
  }

  #awaitDepartures(): void {
    clearTimeout(this.#departures);
    const next = this.#members.nextDue;
    if (next === Infinity) return;
    this.#departures = setTimeout(
      () => {
        for (const member of this.#members.overdue(performance.now()))
          void this.#depart(member, member.due!.reason);
        this.#awaitDepartures();
      },
      Math.max(0, next - performance.now()),
    );
  }

  #write(): Promise<RosterState> {
    return (this.#batch ??= new Promise<void>((resolve) => setTimeout(resolve, batchDelay)).then(() => {
      this.#batch = undefined;
      return this.#roster.write(this.#sessionId);
    }));
  }

  #forget(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    const { list } = this.#follower;
    if (list && ![...this.#watchers].some(({ detail }) => detail === 'connections'))
      this.#follower.dropList();
  }

  #closeIfEmpty(): void {
    if (this.#watchers.size || this.#members.size) return;
    if (this.#batch) void this.#batch.then(() => this.#closeIfEmpty());
    else this.#onEmpty();
  }
}
