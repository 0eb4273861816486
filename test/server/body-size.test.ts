import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, suite, test } from 'node:test';
import { createSessionServer } from '../../src/server/index.js';
import { managementToken } from './made-tokens.js';

const project = { apiKey: '12345', apiSecret: 'a secret for bodies' };
const most = 64 * 1024;

suite('a body', () => {
  const server = createSessionServer({ apiKey: project.apiKey, apiSecrets: [project.apiSecret], port: 0 });
  let url: string;
  let token: string;

  before(async () => {
    url = (await server.listen()).url;
    token = await managementToken(project);
  });
  after(() => server.close());

  /** Posts a body of a size, whose length is said or not, and resolves to the status of the answer. */
  const post = (path: string, size: number, isLengthSaid: boolean): Promise<number> =>
    new Promise((resolve, reject) => {
      const headers = {
        'X-OPENTOK-AUTH': token,
        'Content-Type': 'application/x-www-form-urlencoded',
        ...(isLengthSaid ? { 'Content-Length': size } : { 'Transfer-Encoding': 'chunked' }),
      };
      const outgoing = request(`${url}${path}`, { method: 'POST', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode!);
      });
      // The server may be done with it before all is sent.
      outgoing.on('error', (error: NodeJS.ErrnoException) =>
        ['EPIPE', 'ECONNRESET'].includes(error.code!) ? undefined : reject(error),
      );
      outgoing.end(`name=${'x'.repeat(size - 5)}`);
    });

  for (const isLengthSaid of [true, false]) {
    const form = isLengthSaid ? 'whose length is said' : 'whose length is not said';
    test(`${form} has at most 64 KiB, whatever it is for`, async () => {
      assert.equal(await post('/session/create', most, isLengthSaid), 200);
      for (const path of ['/session/create', '/v1/connect', '/healthz', '/', '/nowhere']) {
        assert.equal(await post(path, most + 1, isLengthSaid), 413, path);
      }
    });
  }
});
