import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { base64url, SignJWT, UnsecuredJWT } from 'jose';
import { CloseCode } from '../../src/protocol/index.js';
import { MeasuredServer } from './measured-server.js';
import { join, RawClient, refusalOf } from './raw-client.js';
import { application, clientClaims, now, privateKey, sign } from './tokens.js';

/** A good token with something done to its signature. */
const withSignature = async (change: (signature: string) => string): Promise<string> => {
  const [header, payload, signature] = (await sign()).split('.') as [string, string, string];
  return `${header}.${payload}.${change(signature)}`;
};
const otherSecret = new Uint8Array(32);

suite('H4: tokens that are not what they should be', () => {
  let server: MeasuredServer;

  before(async () => {
    server = await MeasuredServer.start({ application });
  });
  after(() => server.stop());

  const badTokens: [what: string, make: () => Promise<string>][] = [
    ['unsigned', async () => new UnsecuredJWT(clientClaims).encode()],
    ['without its signature', () => withSignature(() => '')],
    ['with its signature cut off', () => withSignature((signature) => signature.slice(0, -2))],
    ['with a longer signature', () => withSignature((signature) => `${signature}AA`)],
    ['with another signature', () => withSignature(() => base64url.encode(otherSecret))],
    [
      'signed with the public key as if it were a secret',
      () => sign({ application_id: application.id }, {}, new TextEncoder().encode(application.publicKey)),
    ],
    ['of the application, signed with the secret', () => sign({ application_id: application.id })],
    [
      'of the project, signed with the private key',
      () => new SignJWT(clientClaims).setProtectedHeader({ alg: 'RS256' }).sign(privateKey),
    ],
    ['whose header names a file as its key', () => sign({}, { kid: '../../dev/null' }, otherSecret)],
    ['whose header brings its key', () => sign({}, { jwk: { kty: 'oct', k: 'AAAA' } }, otherSecret)],
    ['of another project', () => sign({ iss: '999' })],
    ['of another session', () => sign({ session_id: 'hall' })],
    ['of a list of sessions', () => sign({ session_id: ['lobby'] as never })],
    ['that expired', () => sign({ exp: now - 100 })],
    ['that is not valid yet', () => sign({ nbf: now + 100 })],
    ['without an end', () => sign({ exp: undefined })],
    ['whose end is beyond time', () => sign({ exp: Number.MAX_VALUE })],
    ['for REST calls', () => sign({ scope: undefined, session_id: undefined })],
    ['of an unknown role', () => sign({ role: '__proto__' })],
  ];
  for (const [what, make] of badTokens) {
    test(`a token ${what} lets nobody in`, async () => {
      const token = await make();
      const { code, error } = await refusalOf(server.port, join({ sessionId: 'lobby', token }));
      assert.equal(code, CloseCode.unauthorized);
      assert.equal(error?.code, 1004);
      assert.ok(!error.message.includes(token));
    });
  }

  test('a token of 100 KB is more than a frame may have', async () => {
    const token = await sign({ connection_data: 'x'.repeat(75_000) });
    const { code } = await refusalOf(server.port, join({ sessionId: 'lobby', token }));
    assert.equal(code, CloseCode.tooBig);
  });

  test('a good token lets in, whatever key its header speaks of', async () => {
    const token = await sign({}, { kid: '../../dev/null' });
    const client = await RawClient.join(server.port, { sessionId: 'lobby', token });
    assert.match(client.texts[0]!, /"joined"/);
    client.socket.destroy();
  });
});
