import assert from 'node:assert/strict';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { CloseCode, parseServerFrame, type ServerFrame } from '../../src/protocol/index.js';
import { FlushLoop } from '../../src/server/live-session/flush-loop.js';
import { LiveSession, type Joining } from '../../src/server/live-session/live-session.js';
import type { Watcher } from '../../src/server/live-session/index.js';
import { MemoryEngine, Roster, type RosterOwner } from '../../src/server/roster/index.js';

const sessionId = 'lobby';
/** In ms. */
const lease = 5_000;

/** An engine that can be out of reach, and lose its data. */
class FailingEngine extends MemoryEngine {
  away = false;
  refusing = false;
  #waiting: (() => void)[] = [];

  override async apply(...batch: Parameters<MemoryEngine['apply']>): ReturnType<MemoryEngine['apply']> {
    if (this.away) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.refusing) throw new Error('no');
    return super.apply(...batch);
  }

  comeBack(): void {
    this.away = false;
    for (const goOn of this.#waiting.splice(0)) goOn();
  }

  override wipe(): void {
    super.wipe();
  }
}

/** A client of a live session, which keeps what it is sent. */
class Client {
  readonly frames: ServerFrame[] = [];
  closed: number | undefined;
  readonly watcher: Watcher;
  #heard = (): void => {};

  constructor(session: LiveSession, more: Partial<Joining> = {}) {
    this.watcher = session.join(this, {
      key: Math.random().toString(),
      attempt: 1,
      role: 'subscriber',
      data: '',
      observe: false,
      detail: 'count',
      mayList: true,
      ...more,
    });
  }

  readonly blocked = false;

  send(frame: string): void {
    this.frames.push(parseServerFrame(frame));
    this.#heard();
  }

  close(code: number): void {
    this.closed = code;
    this.#heard();
  }

  /** Waits until the newest frame of a type meets a condition. */
  async hears<Type extends ServerFrame['type']>(
    type: Type,
    isIt: (frame: Extract<ServerFrame, { type: Type }>) => boolean = () => true,
  ): Promise<Extract<ServerFrame, { type: Type }>> {
    for (;;) {
      const newest = this.frames.filter((frame) => frame.type === type).at(-1);
      if (newest && isIt(newest as Extract<ServerFrame, { type: Type }>)) return newest as never;
      await new Promise<void>((resolve) => (this.#heard = resolve));
    }
  }
}

suite('a live session whose roster has trouble', () => {
  let time: number;
  let engine: FailingEngine;
  let roster: Roster;
  let loop: FlushLoop;
  let session: LiveSession;

  const pause = (): Promise<void> => new Promise(setImmediate);
  const newRoster = (owner?: RosterOwner): Roster =>
    new Roster({ engine, lease, now: () => time, pause, owner });

  beforeEach(() => {
    time = 1_000_000;
    engine = new FailingEngine({ lease, now: () => time });
    roster = newRoster({
      renamed: (_, connections) => session.rename(connections),
      resumed: (_, connections) => session.resume(connections),
      away: (_, ids) => session.letGo(ids, CloseCode.superseded),
      refused: (_, ids) => session.letGo(ids, CloseCode.removed),
      removalAsked: (_, id) => void session.forceDisconnect(id),
    });
    loop = new FlushLoop(() => {});
    session = new LiveSession({ sessionId, roster, loop, onEmpty: () => {} });
  });
  afterEach(() => {
    session.close();
    loop.stop();
  });

  test('sends a client away for a moment that waits for 5 s, and counts it not even later', async (context) => {
    await new Client(session).hears('joined');
    engine.away = true;
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const waiting = new Client(session);
    // Time goes on once the join is on its way.
    await new Promise((resolve) => setImmediate(resolve));
    context.mock.timers.tick(5_000);
    const error = await waiting.hears('error');
    assert.deepEqual([error.code, error.fatal, waiting.closed], [2001, false, CloseCode.tryLater]);
    assert.ok(error.retryAfter! >= 1 && error.retryAfter! <= 5, `${error.retryAfter} s`);
    context.mock.timers.reset();

    engine.comeBack();
    session.leave(waiting.watcher, CloseCode.tryLater, performance.now());
    assert.equal((await roster.write(sessionId)).count, 1);
    assert.deepEqual([session.size, (await roster.list(sessionId)).connections.length], [1, 1]);
  });

  test('tells each client its new connection when the process lives on as another incarnation', async () => {
    const clients = [new Client(session), new Client(session)];
    const before = await Promise.all(clients.map((client) => client.hears('joined')));
    time += lease;
    await engine.reap();
    await roster.renew();
    for (const [at, client] of clients.entries()) {
      const { connectionId } = before[at]!.connection!;
      const joined = await client.hears(
        'joined',
        ({ connection }) => connection!.connectionId !== connectionId,
      );
      assert.deepEqual([joined.resumed, joined.count], [false, 2]);
    }
    const listed = (await roster.list(sessionId)).connections.map(({ connectionId }) => connectionId);
    const told = clients.map(({ watcher }) => watcher.connection!.connectionId);
    assert.deepEqual(listed.sort(), told.sort());
  });

  test('shows its number as stale while the roster is out of reach', async () => {
    const client = new Client(session);
    await client.hears('joined');
    engine.refusing = true;
    const observer = new Client(session, { observe: true });
    await observer.hears('joined');
    void roster.reconcile(sessionId);
    const told = await client.hears('count', ({ stale }) => !!stale);
    assert.equal(told.count, 1);
    engine.refusing = false;
    assert.equal((await client.hears('count', ({ stale }) => !stale)).count, 1);
    await observer.hears('count', ({ stale }) => !stale);
  });

  suite('whose data got lost', () => {
    let other: Roster;
    let client: Client;

    beforeEach(async () => {
      other = newRoster();
      await Promise.all([roster.renew(), other.renew()]);
      other.add(sessionId, other.newConnection(''));
      await other.write(sessionId);
      client = new Client(session);
      assert.equal((await client.hears('joined')).count, 2);
      time += 1_000;
      engine.wipe();
      await roster.renew();
    });

    test('shows the last number as stale until all are back', async () => {
      assert.deepEqual((await client.hears('count', ({ stale }) => !!stale)).count, 2);
      const late = await new Client(session, { observe: true }).hears('joined');
      assert.deepEqual([late.count, late.stale], [2, true]);
      await other.renew();
      assert.equal((await client.hears('count', ({ stale }) => !stale)).count, 2);
    });

    test('tells the smaller number when those who are missing had a lease to come back', async () => {
      await client.hears('count', ({ stale }) => !!stale);
      assert.equal(client.watcher.deferred, true);
      time += lease;
      session.tell(client.watcher, performance.now());
      assert.equal((await client.hears('count', ({ stale }) => !stale)).count, 1);
      assert.deepEqual(
        client.frames.flatMap((frame) => ('count' in frame && !frame.stale ? frame.count : [])),
        [2, 1],
      );
    });
  });
});
