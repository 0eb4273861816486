import { formatWithOptions } from 'node:util';
import { destination, pino, stdTimeFunctions, type DestinationStream } from 'pino';
import type { Log, LogLevel } from './log.js';

/** In bytes: what may wait for a reader of the log that is slow. What comes then is lost, and the server goes on. */
const mostUnread = 1024 * 1024;

/** A log of the process itself. */
export interface ProcessLog extends Log {
  /** Calls back when all is written. */
  flush(done: () => void): void;
}

const levelled = (level: LogLevel, stream: DestinationStream): ProcessLog =>
  pino(
    {
      level,
      base: undefined,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );

/**
 * A log of one JSON object a line, as programs read it. It is written without waiting, and in whole when the process
 * exits, for which pino cares.
 *
 * @param fileDescriptor 1 for standard output, 2 for standard error.
 */
export function jsonLog(level: LogLevel, fileDescriptor: 1 | 2): ProcessLog {
  // Without a least length it would take a flush for done at once.
  const stream = destination({ fd: fileDescriptor, sync: false, minLength: 1, maxLength: mostUnread });
  return levelled(level, stream);
}

/** A log on standard error for whoever sits before it: the message, then the details. */
export const readableLog = (level: LogLevel): ProcessLog =>
  levelled(level, {
    write(line) {
      // eslint-disable-next-line @typescript-eslint/no-unused-vars -- the time is on the wall
      const { level, time, msg, err, ...details } = JSON.parse(line) as Record<string, unknown> & {
        level: string;
        msg: string;
        err?: { stack: string };
      };
      const values = Object.entries(details).map(([name, value]) =>
        formatWithOptions({ compact: true }, ' %s=%j', name, value),
      );
      process.stderr.write(`${level}: ${msg}${values.join('')}${err ? `\n${err.stack}` : ''}\n`);
    },
  });
