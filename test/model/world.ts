import type { Connection } from '../../src/protocol/connection.js';
import { isLater, type RosterVersion } from '../../src/protocol/roster-version.js';
import type { JoinedFrame, ServerFrame } from '../../src/protocol/server-frames.js';
import { RosterView, type RosterNews } from '../../src/client/roster-view.js';
import { RunningTotal } from '../../src/session/running-total.js';
import { departureAfter } from '../../src/server/live-session/departure.js';
import { Membership, type Member } from '../../src/server/live-session/membership.js';
import { RosterFollower } from '../../src/server/live-session/roster-follower.js';
import { MemoryEngine, Roster, type RosterOwner } from '../../src/server/roster/index.js';
import type {
  Claim,
  Lease,
  RosterBatch,
  RosterChange,
  RosterEngine,
  WrittenState,
} from '../../src/server/roster/roster-engine.js';

/** The rules that keep the count true; each can be taken out to see that the model notices. */
export const guards = [
  'fence',
  'selfFence',
  'orderedEpochs',
  'newerOnly',
  'setTransitions',
  'barrier',
  'moved',
] as const;
export type Guard = (typeof guards)[number];

export const sessionId = 'model';
export const lease = 5_000;
const processes = 3;
const clients = 5;

/** Lets every promise that can settle do so: no chain of them here is half as long. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
}

/** A small source of numbers that a schedule's seed decides (mulberry32). */
export function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below) | 0;
  };
}

/**
 * Several server processes on one engine, and clients on lossy lines: the product's own roster, membership,
 * list and client view, with the schedule in the place of time, network and chance.
 */
export class World {
  readonly journal: Entry[] | undefined;
  time = 1_000_000;
  readonly random: (below: number) => number;
  readonly without: Guard | undefined;
  readonly engine: ModelEngine;
  readonly servers: ModelServer[] = [];
  readonly visitors: Visitor[] = [];
  /** What went wrong in the meantime. */
  readonly faults: string[] = [];

  /**
   * @param without A guard to take out.
   * @param journal Gets all that the engine is asked, in order.
   */
  constructor(seed: number, without?: Guard, journal?: Entry[]) {
    this.random = numbers(seed);
    this.without = without;
    this.journal = journal;
    this.engine = new ModelEngine(this);
    for (let index = 0; index < processes; index++) this.servers.push(new ModelServer(this));
    for (let index = 0; index < clients; index++) this.visitors.push(new Visitor(this, index));
  }

  /** Runs one step of a schedule. */
  async step(choice: number): Promise<void> {
    const visitor = this.visitors[this.random(clients)]!;
    const index = this.random(processes);
    const server = this.servers[index]!;
    const kind = choice % 40;
    if (kind < 8) visitor.come(server);
    else if (kind < 10) visitor.go(1000);
    else if (kind < 12) visitor.go(1006);
    else if (kind < 18) visitor.receive();
    else if (kind < 22) server.flush();
    else if (kind < 27) this.engine.deliver();
    else if (kind < 33) await this.pass(1 + this.random(4));
    else if (kind < 35) server.stop();
    else if (kind < 36) server.goOn();
    else if (kind < 38) this.crash(index);
    else this.engine.wipe();
    await settle();
  }

  /**
   * Lets all come to rest: nothing is lost from here on, though much still comes late and twice. Last of
   * all arrive the writes of processes that died.
   */
  async rest(): Promise<void> {
    for (const server of this.servers) server.goOn();
    for (let passed = 0; passed < 16; passed++) {
      this.engine.deliverAll('living');
      await this.pass(1);
    }
    this.engine.deliverAll('any');
    // An engine that lost its data knows no fence; a lease is what such a late write may last.
    if (this.engine.wiped) await this.pass(4);
    for (let round = 0; round < 6; round++) {
      this.engine.deliverAll('any');
      await settle();
      for (const server of this.servers) {
        server.flush();
        server.beat();
      }
      for (const visitor of this.visitors) visitor.receiveAll();
    }
    for (const { view } of this.visitors) view.release();
  }

  /** Notes where a process takes a number for certain that lacks somebody who was there all the time. */
  watchFor(server: ModelServer, count: number): void {
    const steady = this.visitors.filter((visitor) => visitor.isSteady).length;
    if (server.isSteady && count < steady)
      this.faults.push(`a process told ${count} for certain, and ${steady} were there all the time`);
  }

  /** Compares what each client shows with who is really there. */
  verdict(): string[] {
    const present = this.visitors
      .filter(({ counted }) => counted)
      .map(({ connection }) => connection!.connectionId);
    const wrong = this.visitors
      .filter(({ link }) => link)
      .flatMap(({ index, view }) => {
        const ids = [...(view.total.connections?.keys() ?? present)];
        const right = view.count === present.length && ids.sort().join() === present.sort().join();
        return right
          ? []
          : [`client ${index} shows ${view.count} (${ids}), there are ${present.length} (${present})`];
      });
    return [...this.faults, ...wrong];
  }

  /** Lets time go by, in steps of which no living process misses its lease. */
  async pass(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      this.time += Math.ceil(lease / 3);
      // A process whose writes took longer than its renewals would not be a living one.
      this.engine.deliverAll('living', this.time - lease / 3);
      await settle();
      for (const server of this.servers) if (!server.stopped) server.tick();
      await settle();
    }
  }

  crash(index: number): void {
    const dead = this.servers[index]!;
    dead.stopped = true;
    dead.dead = true;
    for (const visitor of this.visitors) if (visitor.link?.server === dead) visitor.link = undefined;
    this.servers[index] = new ModelServer(this);
  }
}

/** What the engine was asked, and what came of it. */
type Asked =
  | { readonly asked: 'renew'; readonly incarnation: string; readonly answer: Promise<Lease> }
  | {
      readonly asked: 'apply';
      readonly batch: RosterBatch;
      readonly answer: Promise<WrittenState | undefined>;
    }
  | { readonly asked: 'list'; readonly answer: ReturnType<RosterEngine['list']> }
  | { readonly asked: 'change'; readonly answer: RosterChange }
  | { readonly asked: 'reap' | 'wipe' };

/** The same, and when. */
export type Entry = Asked & { readonly at: number };

/** A write on its way. */
interface Late {
  readonly server: ModelServer;
  readonly sentAt: number;
  isOutdated: boolean;
  readonly arrive: () => void;
}

/** The engine, with writes that arrive when the schedule says so. */
class ModelEngine extends MemoryEngine {
  wiped = false;
  readonly #world: World;
  readonly #reaped = new Set<string>();
  /** Who left since the engine lost its data last. */
  readonly #left = new Set<string>();
  #isReaping = false;
  #late: Late[] = [];
  /** Incarnations of which something arrived that was on its way when the engine lost its data, and who was fenced. */
  readonly #revived = new Set<string>();

  constructor(world: World) {
    super({ lease, now: () => world.time });
    this.#world = world;
    this.watch(sessionId, (answer) => {
      this.#note({ asked: 'change', answer });
      this.#watchFor(answer);
    });
  }

  /** Notes where somebody is there again who had left, or was taken out with a dead process before a loss of data. */
  #watchFor({ by, created, destroyed }: RosterChange): void {
    for (const { connectionId } of created) {
      if ((this.#left.has(connectionId) || this.#reaped.has(connectionId)) && !this.#revived.has(by))
        this.#world.faults.push(`${connectionId} was there again`);
    }
    for (const { connections } of destroyed) {
      for (const id of connections) (this.#isReaping ? this.#reaped : this.#left).add(id);
    }
  }

  override renew(incarnation: string): Promise<Lease> {
    const answer = super.renew(incarnation);
    this.#note({ asked: 'renew', incarnation, answer });
    return answer;
  }

  override apply(batch: RosterBatch): Promise<WrittenState | undefined> {
    const answer = super.apply(batch);
    this.#note({ asked: 'apply', batch, answer });
    return answer;
  }

  override list(id: string): ReturnType<RosterEngine['list']> {
    const answer = super.list(id);
    this.#note({ asked: 'list', answer });
    return answer;
  }

  override reap(): Promise<void> {
    this.#note({ asked: 'reap' });
    this.#isReaping = true;
    const reaped = super.reap();
    this.#isReaping = false;
    return reaped;
  }

  #note(entry: Asked): void {
    this.#world.journal?.push({ ...entry, at: this.#world.time });
  }

  get waiting(): boolean {
    return this.#late.length > 0;
  }

  /** A write of a server on its way: it arrives although its server may be dead by then; the answer doesn't. */
  applyLate(batch: RosterBatch, server: ModelServer): Promise<WrittenState | undefined> {
    return new Promise((resolve) => {
      const late: Late = {
        server,
        sentAt: this.#world.time,
        isOutdated: false,
        arrive: () => {
          if (late.isOutdated) this.#revived.add(batch.incarnation);
          const applied = this.apply(batch);
          if (!server.dead) resolve(applied);
        },
      };
      this.#late.push(late);
    });
  }

  deliver(): void {
    if (this.waiting) this.#late.splice(this.#world.random(this.#late.length), 1)[0]!.arrive();
  }

  deliverAll(whose: 'any' | 'living', sentBefore = Infinity): void {
    for (const late of this.#late.splice(0)) {
      if ((whose === 'living' && late.server.stopped) || late.sentAt >= sentBefore) this.#late.push(late);
      else late.arrive();
    }
  }

  /** An engine that goes down takes with it what was on its way from those who can't send it again. */
  override wipe(): void {
    super.wipe();
    this.#left.clear();
    this.#note({ asked: 'wipe' });
    this.wiped = true;
    for (const visitor of this.#world.visitors) visitor.wasInRoster = visitor.joined;
    this.#late = this.#late.filter(({ server }) => !server.dead);
    for (const late of this.#late) late.isOutdated = true;
  }

  protected override isFenced(incarnation: string): boolean {
    return this.#world.without !== 'fence' && super.isFenced(incarnation);
  }

  protected override hasMoved(id: string, connectionId: string): boolean {
    return this.#world.without !== 'moved' && super.hasMoved(id, connectionId);
  }

  protected override nextEpoch(seen: number): number {
    const ordered = super.nextEpoch(seen);
    return this.#world.without === 'orderedEpochs' ? 1 + this.#world.random(2 ** 30) : ordered;
  }
}

class ModelRoster extends Roster {
  readonly #unguarded: boolean;

  constructor(world: World, server: ModelServer, owner: RosterOwner) {
    const { engine } = world;
    super({
      engine: {
        renew: (incarnation) => engine.renew(incarnation),
        apply: (batch) => engine.applyLate(batch, server),
        reap: () => engine.reap(),
        read: (id) => engine.read(id),
        list: (id) => engine.list(id),
        recognise: (id, key) => engine.recognise(id, key),
        askForRemoval: (id, connectionId) => engine.askForRemoval(id, connectionId),
        watch: (id, listener, onNotice) =>
          engine.watch(
            id,
            (change) => server.whenRunning(() => listener(change)),
            (notice) => server.whenRunning(() => onNotice?.(notice)),
          ),
        onReturn: (listener) => engine.onReturn(listener),
      },
      lease,
      now: () => world.time,
      steadyNow: () => world.time,
      owner,
    });
    this.#unguarded = world.without === 'selfFence';
  }

  protected override holdsLease(): boolean {
    return this.#unguarded || super.holdsLease();
  }
}

class ModelTotal extends RunningTotal {
  readonly #without: Guard | undefined;

  constructor(without: Guard | undefined) {
    super();
    this.#without = without;
  }

  protected override isLater(version: RosterVersion, known: RosterVersion | undefined): boolean {
    return this.#without === 'newerOnly' || super.isLater(version, known);
  }

  protected override isListed(connectionId: string): boolean {
    return this.#without !== 'setTransitions' && super.isListed(connectionId);
  }
}

/** One line between a client and a process. What is underway on it may be lost, doubled or overtaken. */
interface Link {
  readonly server: ModelServer;
  readonly visitor: Visitor;
  readonly claim: Claim;
  readonly underway: RosterNews[];
  /** What was delivered already and may come again. */
  readonly delivered: RosterNews[];
  listVersion: RosterVersion | undefined;
}

/** A server process: what `LiveSession` does, without its clocks. */
class ModelServer {
  stopped = false;
  dead = false;
  /** It began when the engine had its data: nobody can tell a session without connections from one that was lost. */
  readonly #knowsRoster: boolean;
  /** It was stopped once. */
  hasStood = false;
  readonly #world: World;
  readonly #roster: ModelRoster;
  readonly #members = new Membership<Link>();
  readonly #links = new Set<Link>();
  readonly #missed: (() => void)[] = [];
  readonly #follower: RosterFollower;
  /** Nobody is told a number before. */
  #ready = false;

  constructor(world: World) {
    this.#world = world;
    this.#knowsRoster = !world.engine.wiped;
    this.#roster = new ModelRoster(world, this, {
      renamed: (_, connections) => this.#rename(connections),
      resumed: (_, connections) => this.#resume(connections),
      away: (_, ids) => this.#letGo(ids),
      refused: (_, ids) => this.#letGo(ids),
      removalAsked: () => {},
    });
    void this.#roster.renew();
    const roster = this.#roster;
    this.#follower = new RosterFollower({
      sessionId,
      roster: {
        watch: (id, listener, doubt) => roster.watch(id, listener, doubt),
        read: (id) => roster.read(id),
        list: (id) => roster.list(id),
        isSettled: (id) => world.without === 'barrier' || roster.isSettled(id),
        isReachable: (id) => roster.isReachable(id),
      },
      onNews: () => {},
    });
    void this.#follower.ready.then(() => (this.#ready = true));
  }

  join(link: Link, observe: boolean): void {
    this.#links.add(link);
    this.whenRunning(() => {
      if (!this.#links.has(link)) return;
      if (observe) return this.#joined(link, undefined, false);
      const member = this.#members.withKey(link.claim.key);
      if (member) {
        this.#members.resume(member, link);
        this.#roster.claim(sessionId, member.connection.connectionId, link.claim);
        const written = this.#roster.write(sessionId);
        if (member.counted) return this.#joined(link, member.connection, true);
        void written.then(() => {
          if (member.link === link) this.#joined(link, member.connection, true);
        });
        return;
      }
      const connection = this.#roster.newConnection('');
      const added = this.#members.add(link.claim.key, connection, link);
      this.#roster.add(sessionId, connection, link.claim);
      void this.#roster.write(sessionId).then((state) => {
        this.#follower.advance(state);
        added.counted = true;
        if (added.link === link) this.#joined(link, added.connection, added.resumed);
      });
    });
  }

  leave(link: Link, code: number): void {
    this.#links.delete(link);
    this.whenRunning(() => {
      const member = this.#member(link);
      if (!member) return;
      const now = this.#world.time;
      const due = departureAfter(code, now, now);
      if (due.at <= now) this.#depart(member, due.reason);
      else {
        this.#members.lose(member, due);
      }
    });
  }

  sync(link: Link, version: RosterVersion): void {
    this.whenRunning(() => {
      if (link.visitor.view.listed) link.listVersion = version;
      else this.#send(link, { type: 'count', ...this.#follower.state });
    });
  }

  /** Nothing keeps it from knowing what there was, and from telling its part of it. */
  get isSteady(): boolean {
    return !this.dead && !this.stopped && !this.hasStood && this.#knowsRoster;
  }

  flush(): void {
    if (this.stopped) return;
    this.#follower.settle();
    if (this.#ready && !this.#follower.stale) this.#world.watchFor(this, this.#follower.state.count);
    const list = this.#follower.wantList();
    list?.step();
    for (const link of this.#links) {
      if (!link.visitor.view.listed) this.#send(link, { type: 'count', ...this.#follower.state });
      else if (list && (!link.listVersion || isLater(list.version, link.listVersion))) {
        for (const frame of list.framesSince(link.listVersion))
          this.#send(link, JSON.parse(frame) as RosterNews);
        link.listVersion = list.version;
      }
    }
  }

  beat(): void {
    for (const link of this.#links) this.#send(link, { type: 'count', ...this.#follower.state });
  }

  tick(): void {
    const { time } = this.#world;
    for (const member of this.#members.overdue(time)) this.#depart(member, member.due!.reason);
    void this.#roster.renew().then(() => this.#roster.reap());
    void this.#roster.write(sessionId);
  }

  stop(): void {
    this.stopped = true;
    this.hasStood = true;
  }

  goOn(): void {
    if (!this.stopped || this.dead) return;
    this.stopped = false;
    for (const action of this.#missed.splice(0)) action();
    this.tick();
  }

  /** Does it at once, or when the process goes on. */
  whenRunning(action: () => void): void {
    if (this.stopped) this.#missed.push(action);
    else action();
  }

  #member(link: Link): Member<Link> | undefined {
    const member = this.#members.withKey(link.claim.key);
    return member?.link === link ? member : undefined;
  }

  #joined(link: Link, connection: Connection | undefined, resumed: boolean): void {
    const { epoch, seq, count } = this.#follower.state;
    link.visitor.join(link, {
      type: 'joined',
      connection,
      role: 'subscriber',
      resumed,
      epoch,
      seq,
      count,
      heartbeat: 25_000,
    });
  }

  #depart(
    member: Member<Link>,
    reason: 'clientDisconnected' | 'forceDisconnected' | 'networkDisconnected',
  ): void {
    this.#members.remove(member);
    this.#roster.remove(sessionId, member.connection.connectionId, reason);
    void this.#roster.write(sessionId).then((state) => this.#follower.advance(state));
  }

  #rename(renamed: ReadonlyMap<string, Connection>): void {
    for (const [id, connection] of renamed) {
      const member = this.#members.withId(id);
      if (!member) continue;
      this.#members.rename(member, connection);
      const { link } = member;
      if (link)
        void this.#roster
          .write(sessionId)
          .then(() => this.#links.has(link) && this.#joined(link, member.connection, false));
    }
  }

  #resume(connections: ReadonlyMap<string, Connection>): void {
    for (const [id, connection] of connections) {
      const member = this.#members.withId(id);
      if (!member) continue;
      this.#members.rename(member, connection);
      member.resumed = true;
      if (member.counted && member.link) this.#joined(member.link, connection, false);
    }
  }

  #letGo(ids: readonly string[]): void {
    for (const id of ids) {
      const member = this.#members.withId(id);
      if (!member) continue;
      this.#members.remove(member);
      const { link } = member;
      member.link = undefined;
      if (!link) continue;
      this.#links.delete(link);
      link.visitor.superseded(link);
    }
  }

  #send(link: Link, frame: RosterNews): void {
    link.underway.push(frame);
  }
}

/** A client: what `Session` does with frames, without socket and page. */
class Visitor {
  readonly index: number;
  readonly view: RosterView;
  readonly observer: boolean;
  /** It was in the session when the engine last lost its data, and has been since. */
  wasInRoster = false;
  link: Link | undefined;
  key = '';
  connection: Connection | undefined;
  readonly #world: World;
  readonly #created = new Set<string>();
  readonly #destroyed = new Set<string>();
  #keys = 0;
  #attempts = 0;
  #joined = false;

  constructor(world: World, index: number) {
    this.#world = world;
    this.index = index;
    this.view = new RosterView(new ModelTotal(world.without));
    this.view.listed = index % 2 === 0;
    this.observer = index === clients - 1;
  }

  /** It is in the session, and was when the engine last lost its data, on a process that tells of it. */
  get isSteady(): boolean {
    const { wiped } = this.#world.engine;
    return this.counted && this.#joined && !!this.link?.server.isSteady && (this.wasInRoster || !wiped);
  }

  /** It is in the session, as far as its process has told it. */
  get joined(): boolean {
    return this.counted && this.#joined;
  }

  /** It is in the session, as far as anyone outside can tell. */
  get counted(): boolean {
    return !!this.link && !this.observer;
  }

  come(server: ModelServer): void {
    if (this.link) return;
    this.key ||= `${this.index}.${++this.#keys}`;
    this.#joined = false;
    this.wasInRoster = false;
    this.link = {
      server,
      visitor: this,
      claim: { key: this.key, attempt: ++this.#attempts },
      underway: [],
      delivered: [],
      listVersion: undefined,
    };
    server.join(this.link, this.observer);
  }

  go(code: number): void {
    const { link } = this;
    if (!link) return;
    this.link = undefined;
    link.server.leave(link, code);
    if (code === 1000) this.#end();
  }

  /** Another socket has its key. */
  superseded(link: Link): void {
    if (link !== this.link) return;
    this.link = undefined;
    this.key = '';
  }

  join(link: Link, frame: JoinedFrame): void {
    if (link !== this.link) return;
    const renewed = this.connection?.connectionId !== frame.connection?.connectionId;
    this.connection = frame.connection;
    this.#joined = true;
    this.view.join(frame, true);
    if (renewed) this.view.forgetList();
    if (this.view.listed) link.server.sync(link, this.view.syncVersion);
  }

  /** Takes one frame off the line: any of those underway, and by chance it stays to come again, or is lost. */
  receive(): void {
    const { link } = this;
    if (!link?.underway.length) return;
    const { random } = this.#world;
    const at = random(4) === 0 ? random(link.underway.length) : 0;
    const frame = link.underway[at]!;
    const chance = random(100);
    if (chance >= 15) link.underway.splice(at, 1);
    if (chance >= 27 || chance < 15) this.#take(link, frame);
  }

  /** Takes all that is underway, in any order, and some of what came before once more. */
  receiveAll(): void {
    const { link } = this;
    if (!link) return;
    const { random } = this.#world;
    while (link.underway.length) this.#take(link, link.underway.splice(random(link.underway.length), 1)[0]!);
    for (let again = 0; again < 3 && link.delivered.length; again++) {
      this.#take(link, link.delivered[random(link.delivered.length)]!);
    }
  }

  #take(link: Link, frame: RosterNews): void {
    if (!this.#joined) return;
    link.delivered.push(frame);
    const due = this.view.listDue;
    const transition = this.view.receive(JSON.parse(JSON.stringify(frame)) as ServerFrame as RosterNews);
    if (this.view.behind) link.server.sync(link, this.view.syncVersion);
    if (!transition || due) return;
    for (const { connectionId } of transition.created) {
      if (this.#destroyed.has(connectionId))
        this.#world.faults.push(`client ${this.index} heard ${connectionId} rise again`);
      this.#once(this.#created, connectionId, 'created');
    }
    for (const { connections } of transition.destroyed) {
      for (const { connectionId } of connections) this.#once(this.#destroyed, connectionId, 'destroyed');
    }
  }

  #once(seen: Set<string>, id: string, what: string): void {
    if (seen.has(id)) this.#world.faults.push(`client ${this.index} heard twice that ${id} was ${what}`);
    seen.add(id);
  }

  #end(): void {
    this.key = '';
    this.connection = undefined;
    this.view.clear();
  }
}
