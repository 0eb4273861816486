import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { HonestClients } from '../hostile/honest-clients.js';
import { MeasuredServer } from '../hostile/measured-server.js';
import { application } from '../hostile/tokens.js';
import { fuzzParsers, fuzzSocket } from './frame-fuzz.js';
import { Random } from './random.js';
import { fuzzRequest } from './request-fuzz.js';
import { fuzzTokens, validTokens } from './token-fuzz.js';

/** How much of what. */
export interface FuzzOptions {
  /** The same seed makes the same input. */
  readonly seed: number;
  /** Frames that are parsed. */
  readonly frames: number;
  /** Frames that are sent to a server. */
  readonly sent: number;
  /** Tokens that are checked. */
  readonly tokens: number;
  /** HTTP requests that are sent to a server. */
  readonly requests: number;
}

/** How many sockets are open at once. */
const atOnce = 40;

/** Runs something over and over, some of it at once, until as much is done as was wanted. */
async function many(
  random: Random,
  wanted: number,
  once: (random: Random) => Promise<number>,
): Promise<void> {
  let done = 0;
  const worker = async (own: Random): Promise<void> => {
    while (done < wanted) {
      const did = await once(own);
      done += did;
    }
  };
  // Each with numbers of its own, which don't depend on who is faster.
  await Promise.all(Array.from({ length: atOnce }, () => worker(new Random(random.below(2 ** 32)))));
}

/**
 * Sends changed frames, tokens and requests to the parts of the server and to a server. Rejects with the first that
 * does harm.
 *
 * @param tell Hears of what was done, in a line.
 */
export async function fuzz(options: FuzzOptions, tell: (line: string) => void): Promise<void> {
  const random = new Random(options.seed);
  const prototype = Object.getOwnPropertyNames(Object.prototype).join();
  let began = performance.now();
  const done = (what: string): void => {
    tell(`${what}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
    began = performance.now();
  };
  const valid = fuzzParsers(random, options.frames);
  done(`${options.frames} frames parsed, ${valid} of them valid`);
  const accepted = await fuzzTokens(random, options.tokens);
  done(`${options.tokens} tokens checked, ${accepted} of them accepted with good reason`);
  assert.equal(Object.getOwnPropertyNames(Object.prototype).join(), prototype);

  const most = 1_000_000;
  const server = await MeasuredServer.start({
    application,
    openSessions: ['open*'],
    trustedProxies: 1,
    limits: {
      connectionsPerAddress: most,
      handshakesPerSecond: most,
      framesPerSecond: most,
      requestsPerSecond: most,
    },
  });
  const honest = await HonestClients.start(server.url);
  try {
    await honest.measure();
    const before = await server.holding();
    began = performance.now();
    await many(random, options.sent, (own) => fuzzSocket(own, server.port));
    await honest.measure();
    done(`${options.sent} frames sent`);
    const seeds = { tokens: await validTokens() };
    let answered = 0;
    await many(random, options.requests, async (own) => {
      if (await fuzzRequest(own, server.port, seeds)) answered++;
      return 1;
    });
    await honest.measure();
    done(`${options.requests} requests sent, ${answered} of them answered`);
    assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
    const after = await server.holding();
    const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
    tell(`the server held ${mebibytes(before.memory)} MiB before, ${mebibytes(after.memory)} MiB after`);
    assert.ok(server.lives);
    assert.equal(server.complaints, '', 'the server wrote of something that it did not expect');
  } finally {
    honest.stop();
    await server.stop();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: `${Date.now() % 2 ** 32}` },
      frames: { type: 'string', default: '1000000' },
      sent: { type: 'string', default: '100000' },
      tokens: { type: 'string', default: '100000' },
      requests: { type: 'string', default: '100000' },
    },
  });
  const number = (name: keyof typeof values): number => Number(values[name]);
  console.log(`seed ${values.seed}`);
  await fuzz(
    {
      seed: number('seed'),
      frames: number('frames'),
      sent: number('sent'),
      tokens: number('tokens'),
      requests: number('requests'),
    },
    console.log,
  );
}
