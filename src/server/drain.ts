import { systemClock, type Clock } from './clock.js';

/** Who is to go on at another process. */
export interface DrainedClient {
  /** Asks it to. Does nothing where it has gone. */
  handOver(): void;
}

/** Where clients come in, and are until they have gone. */
export interface DrainedIntake extends Iterable<DrainedClient> {
  /** Takes no more. */
  stopTaking(): void;
}

/** What {@link drain} takes. */
export interface DrainOptions {
  readonly intake: DrainedIntake;
  /** Resolves when nobody is left. */
  readonly empty: () => Promise<void>;
  /** How long it may take in all, in ms. */
  readonly timeout: number;
  /** Ends it before. Default: nothing does. */
  readonly hurry?: AbortSignal | undefined;
  /** Default: one that is never set. */
  readonly clock?: Clock;
}

/** In ms: less than the 30 s that Kubernetes gives a process to stop. */
export const defaultDrainTimeout = 25_000;
/** In ms: how long new clients are taken on, since a load balancer has to notice first that it should bring none. */
const noticeTime = 2_000;
/** In ms and clients a second: how they are spread, so that those who take them have the time for all else. */
const shortestSpread = 5_000;
const highestRate = 500;
/** The part of the time in which all are asked: who is asked last needs some too. */
const askingPart = 0.8;
/** In ms. */
const tick = 10;

const steadyClock: Clock = { ...systemClock, now: () => performance.now() };

/**
 * Hands all clients of a process over to others, evenly over 5 s or at 500 a second, whichever takes longer. Who is here
 * still as long after it was asked is asked again: the other process may have been this one. Resolves when nobody is
 * left, or the time is up.
 */
export function drain({ intake, empty, timeout, hurry, clock = steadyClock }: DrainOptions): Promise<void> {
  const notice = Math.min(noticeTime, timeout / 4);
  return new Promise((resolve) => {
    let cancel = (): void => {};
    const end = (): void => {
      cancel();
      cancelEnd();
      hurry?.removeEventListener('abort', end);
      resolve();
    };
    const cancelEnd = clock.schedule(timeout, end);
    const handOver = (): void => {
      intake.stopTaking();
      const clients = [...intake];
      const wanted = Math.max(shortestSpread, (clients.length / highestRate) * 1000);
      const spread = Math.min(wanted, (timeout - notice) * askingPart);
      const began = clock.now();
      let asked = 0;
      const ask = (): void => {
        for (; began + (asked * spread) / clients.length <= clock.now(); asked++) {
          clients[asked % clients.length]!.handOver();
        }
        cancel = clock.schedule(tick, ask);
      };
      ask();
    };
    cancel = clock.schedule(notice, handOver);
    hurry?.addEventListener('abort', end);
    if (hurry?.aborted) end();
    void empty().then(end);
  });
}
