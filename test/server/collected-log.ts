import type { Log, LogLevel } from '../../src/server/log/index.js';

/** What a server logged, at every level. */
export class CollectedLog {
  readonly lines: { level: LogLevel; message: string; details: Record<string, unknown> }[] = [];
  readonly log: Log = {
    error: this.#at('error'),
    warn: this.#at('warn'),
    info: this.#at('info'),
    debug: this.#at('debug'),
  };

  /** The details of the lines of a message. */
  detailsOf(message: string): Record<string, unknown>[] {
    return this.lines.filter((line) => line.message === message).map(({ details }) => details);
  }

  #at(level: LogLevel) {
    return (details: object, message: string): void => {
      this.lines.push({ level, message, details: { ...details } });
    };
  }
}
