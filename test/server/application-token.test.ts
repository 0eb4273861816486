import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { SignJWT, type JWTPayload } from 'jose';
import { admit, verifyManagementToken } from '../../src/server/tokens/index.js';
import { refused } from './refused.js';

const pair = (): { publicKey: KeyObject; privateKey: KeyObject } =>
  generateKeyPairSync('rsa', { modulusLength: 2048 });
const { publicKey, privateKey } = pair();
const apiSecret = 'a'.repeat(40);
const application = { id: 'b3f1', publicKey };
const policy = { apiKey: '12345', apiSecrets: [apiSecret], application, openSessions: [] };
const now = Math.floor(Date.now() / 1000);

const client: JWTPayload = {
  application_id: 'b3f1',
  iat: now,
  exp: now + 3600,
  scope: 'session.connect',
  session_id: 'lobby',
  role: 'subscriber',
  sub: 'video',
  acl: { paths: { '/session/**': {} } },
};
const management: JWTPayload = { application_id: 'b3f1', iat: now, exp: now + 900 };

const sign = (claims: JWTPayload, key: KeyObject | Uint8Array = privateKey, alg = 'RS256'): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg }).sign(key);

const join = (token: string) => admit({ sessionId: 'lobby', token }, policy);

test("an application's client token admits to its session, under either name of the project", async () => {
  const token = await sign(client);
  assert.equal((await join(token)).role, 'subscriber');
  for (const apiKey of ['12345', 'b3f1']) await admit({ sessionId: 'lobby', token, apiKey }, policy);
});

test("an application's management token lives an hour at most, and is called by the application's id", async () => {
  assert.equal(await verifyManagementToken(await sign(management), policy), 'b3f1');
  await verifyManagementToken(await sign({ ...management, exp: now + 3600 }), policy);
  await assert.rejects(
    verifyManagementToken(await sign({ ...management, exp: now + 3601 }), policy),
    refused(1004, /3600 s/),
  );
});

test('neither kind does the work of the other', async () => {
  await assert.rejects(join(await sign(management)), refused(1004, /management token/));
  await assert.rejects(verifyManagementToken(await sign(client), policy), refused(1004, /client token/));
});

test('another application, or another key, is refused', async () => {
  await assert.rejects(
    join(await sign({ ...client, application_id: 'other' })),
    refused(1004, /"application_id"/, /"other"/),
  );
  await assert.rejects(join(await sign(client, pair().privateKey)), refused(1004, /signature/));
});

test('what is inside chooses the key: the header can not', async () => {
  const secret = new TextEncoder().encode(apiSecret);
  // The public key is no secret. Whoever took it for one would let everybody sign.
  const known = new TextEncoder().encode(publicKey.export({ type: 'spki', format: 'pem' }) as string);
  for (const key of [secret, known]) {
    await assert.rejects(join(await sign(client, key, 'HS256')), refused(1004, /"alg"/, /RS256/));
  }
  const ofKey = { ...client, application_id: undefined };
  await assert.rejects(join(await sign({ ...ofKey, iss: '12345' })), refused(1004, /"alg"/, /HS256/));
  await assert.rejects(
    join(await sign({ ...client, iss: '12345' }, secret, 'HS256')),
    refused(1004, /RS256/),
  );
});
