import { test } from 'node:test';
import { fuzz } from './fuzz.js';

test('changed frames, tokens and requests are refused or do what they say, and nothing worse', async (context) => {
  await fuzz({ seed: 1, frames: 20_000, sent: 2_000, tokens: 2_000, requests: 1_000 }, (line) =>
    context.diagnostic(line),
  );
});
