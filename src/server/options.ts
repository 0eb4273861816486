import { parseArgs } from 'node:util';

/** One thing that a command can be told, by flag or by environment variable. */
export interface Option<Value> {
  /** Without the dashes. */
  readonly flag: string;
  /** The environment variable that counts where there is no flag. Default: none. */
  readonly variable?: string;
  /** What stands for the value in a help text. */
  readonly placeholder: string;
  /** What counts where nothing or an empty text was given; read by `parse` like any other. */
  readonly default: string;
  readonly description: string;
  /** Whether the value must not appear in a message. Default: false. */
  readonly secret?: boolean;
  /** Reads a value, or throws an Error whose message says what the value has to be and does not repeat it. */
  readonly parse: (text: string) => Value;
}

/** The options of a command, each under the name that the program knows it by. */
export type Options = Readonly<Record<string, Option<unknown>>>;

/** What a command was told. */
export type OptionValues<Table extends Options> = { [Name in keyof Table]: ReturnType<Table[Name]['parse']> };

/** Somebody called the program in a way that it doesn't understand. The message is one line and holds no secret. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** How a message calls an option. */
export const nameOf = ({ flag, variable }: Option<unknown>): string =>
  variable ? `--${flag} (${variable})` : `--${flag}`;

/**
 * Reads the options of a command. A flag wins over its environment variable.
 *
 * @throws {UsageError} for an unknown flag, a flag without a value, a stray argument or a bad value.
 */
export function readOptions<Table extends Options>(
  table: Table,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): OptionValues<Table> {
  const flags = readFlags(table, args);
  const values = Object.entries(table).map(([name, option]) => {
    const given = flags.get(option.flag);
    const source = given === undefined ? (option.variable ?? `--${option.flag}`) : `--${option.flag}`;
    const text = (given ?? (option.variable && environment[option.variable])) || option.default;
    try {
      return [name, option.parse(text)];
    } catch (error) {
      const subject = option.secret ? source : `${source} is ${JSON.stringify(text)}`;
      throw new UsageError(`${subject}: ${(error as Error).message}`);
    }
  });
  return Object.fromEntries(values) as OptionValues<Table>;
}

function readFlags(table: Options, args: readonly string[]): Map<string, string> {
  const known = Object.values(table).map(({ flag }) => flag);
  const options = Object.fromEntries(known.map((flag) => [flag, { type: 'string' as const }]));
  // Not strict, since the messages of strict mode repeat arguments, and one of them may be a secret.
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const flags = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind !== 'option') {
      throw new UsageError(
        `Argument ${token.index + 1} belongs to no flag: put quotes around a value that holds spaces, or see --help`,
      );
    }
    if (!known.includes(token.name)) {
      throw new UsageError(`The flag ${token.rawName} is unknown: see --help for those that there are`);
    }
    if (token.value === undefined || (!token.inlineValue && /^--\w/.test(token.value))) {
      throw new UsageError(`The flag ${token.rawName} has no value: write it after the flag`);
    }
    flags.set(token.name, token.value);
  }
  return flags;
}

/** The part of a help text that lists options. */
export const describeOptions = (table: Options): string =>
  Object.values(table)
    .map((option) => {
      const variable = option.variable ? `, ${option.variable}` : '';
      const fallback = option.default ? ` Default: ${option.default}` : '';
      return `  --${option.flag} <${option.placeholder}>${variable}\n      ${option.description}${fallback}\n`;
    })
    .join('');
