/** What time is asked of. */
export interface Clock {
  /** In ms since the epoch. */
  now(): number;
  /** Runs something after a delay, in ms, unless the returned function is called before. */
  schedule(delay: number, run: () => void): () => void;
}

/** The system's. What is scheduled doesn't keep the process alive. */
export const systemClock: Clock = {
  now: Date.now,
  schedule: (delay, run) => {
    const timer = setTimeout(run, delay).unref();
    return () => clearTimeout(timer);
  },
};
