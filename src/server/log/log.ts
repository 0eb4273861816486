/** How much a log tells, least first: each level holds those before it. */
export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const;

export type LogLevel = (typeof logLevels)[number];

/**
 * Takes what a server has to say of its own work: the loggers of pino and Fastify are such, and so is `console`.
 * `details` is flat; an Error in it is its `err`.
 */
export interface Log {
  error(details: object, message: string): void;
  warn(details: object, message: string): void;
  info(details: object, message: string): void;
  debug(details: object, message: string): void;
}

/** In characters. A header or a path, which messages may quote, can be longer. */
const longestText = 1_000;

/** A JSON Web Token or a T1 token, also cut off, also as it stands in an address. */
const tokenForm = /eyJ[\w-]{8,}[\w.-]*|T1(==|%3D%3D)[\w+/=%-]*/gi;

/**
 * A log that no token, no secret and no text without end gets into, not even where a client gave one for something
 * else, such as for a session id.
 */
export function guarded(log: Log, secrets: readonly string[]): Log {
  const guard = (value: unknown): unknown => {
    if (typeof value !== 'string') return value;
    const text = secrets.reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), value);
    // Cut last: the beginning of a token isn't always known as one.
    return text.replace(tokenForm, '[token]').slice(0, longestText);
  };
  const at =
    (level: Exclude<LogLevel, 'silent'>) =>
    (details: object, message: string): void =>
      log[level](
        Object.fromEntries(Object.entries(details).map(([name, value]) => [name, guard(value)])),
        message,
      );
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}
