import { RedisEngine, redisAddress } from '../../src/server/roster/redis/index.js';
import type { RosterChange, RosterNotice } from '../../src/server/roster/roster-engine.js';

/** Hands a message to whom it is for, now or later, once, more often or never. */
export type Tamper = (deliver: () => void) => void;

/** An engine on a Redis that hears what it is told in the way that a test wants. */
export class TamperedEngine extends RedisEngine {
  tamper: Tamper;
  /** How many messages came, whatever became of them. */
  heard = 0;

  /** @param lease In ms. */
  constructor(url: string, lease: number, tamper: Tamper = (deliver) => deliver()) {
    super({ address: redisAddress(url), lease });
    this.tamper = tamper;
  }

  override watch(
    sessionId: string,
    onChange: (change: RosterChange) => void,
    onNotice?: (notice: RosterNotice) => void,
  ): () => void {
    let watching = true;
    const tampered =
      <Message>(hear: (message: Message) => void) =>
      (message: Message): void => {
        this.heard++;
        this.tamper(() => {
          // Late as it may be, nobody hears of a session that it doesn't watch.
          if (watching) hear(message);
        });
      };
    const unwatch = super.watch(sessionId, tampered(onChange), onNotice && tampered(onNotice));
    return () => {
      watching = false;
      unwatch();
    };
  }
}

/** Delivers each message once or up to three times, and out of order: some wait until others have come. */
export function doublingAndReordering(random: (below: number) => number): Tamper {
  const waiting: (() => void)[] = [];
  const release = (): void => {
    const [deliver] = waiting.splice(random(waiting.length), 1);
    for (let times = 1 + random(3); times > 0; times--) deliver?.();
  };
  return (deliver) => {
    waiting.push(deliver);
    if (waiting.length > 3) release();
    else setTimeout(release, random(200));
  };
}

/** Delivers each message up to three times, in order. */
export const doubling =
  (random: (below: number) => number): Tamper =>
  (deliver) => {
    for (let times = 1 + random(3); times > 0; times--) deliver();
  };

/** Loses some messages. */
export const losing =
  (random: (below: number) => number, percent: number): Tamper =>
  (deliver) => {
    if (random(100) >= percent) deliver();
  };
