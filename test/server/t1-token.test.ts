import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admit, verifyManagementToken } from '../../src/server/tokens/index.js';
import { t1Token } from './made-tokens.js';
import { refused } from './refused.js';

const apiKey = '12345';
const apiSecret = 'a'.repeat(40);
const policy = { apiKey, apiSecrets: ['n'.repeat(40), apiSecret], openSessions: [] };
const now = Math.floor(Date.now() / 1000);

const parameters = {
  session_id: 'lobby',
  create_time: `${now}`,
  nonce: '0.5',
  role: 'moderator',
  expire_time: `${now + 3600}`,
  connection_data: 'name=Ada Lovelace',
};

const t1 = (signed: string, { partner = apiKey, secret = apiSecret, outer = '' } = {}): string =>
  t1Token(signed, { apiKey: partner, apiSecret: secret }, outer);
const text = (changes: Record<string, string> = {}): string =>
  new URLSearchParams({ ...parameters, ...changes }).toString();

const join = (token: string) => admit({ sessionId: 'lobby', token }, policy);

test('a T1 token admits to its session, with its role and data', async () => {
  assert.deepEqual(await join(t1(text())), {
    role: 'moderator',
    data: 'name=Ada Lovelace',
    authenticated: true,
  });
  await join(t1(text({ scope: 'session.connect' })));
});

test('a T1 token that expired is good for a connection that resumes, and no other', async () => {
  const token = t1(text({ expire_time: `${now - 120}` }));
  await assert.rejects(join(token), refused(1004, /expired at/));
  await admit({ sessionId: 'lobby', token }, policy, { ignoreExpiry: true });
});

const refusals: [string, string, RegExp[]][] = [
  ['of another project', t1(text(), { partner: '999' }), [/"partner_id"/, /"999"/]],
  ['of another secret', t1(text(), { secret: 'b'.repeat(40) }), [/signature/]],
  ['for another session', t1(text({ session_id: 'other' })), [/"other"/, /"lobby"/]],
  ['of another scope', t1(text({ scope: 'session.manage' })), [/"scope"/]],
  ['without a session', t1(text({ session_id: '' })), [/"session_id"/]],
  ['without an end', t1(text({ expire_time: '' })), [/"expire_time"/]],
  ['that ends at no time', t1(text({ expire_time: 'tomorrow' })), [/"exp"/]],
  ['of an unknown role', t1(text({ role: 'owner' })), [/"role"/, /"owner"/]],
  ['with a parameter twice', t1(`${text()}&role=publisher`), [/"role" twice/]],
  ['with two signatures', t1(text(), { outer: '&sig=00' }), [/"sig" twice/]],
  ['with two projects', t1(text(), { outer: '&partner_id=999' }), [/"partner_id" twice/]],
  ['cut off', 'T1==cGFydG5lcl9pZD0x', [/T1/]],
  ['of nothing', 'T1==', [/T1/]],
  ['whose signature is cut off', t1(text()).slice(0, 30), [/T1/]],
];
for (const [kind, token, parts] of refusals) {
  test(`a T1 token ${kind} is refused`, async () => {
    await assert.rejects(join(token), refused(1004, ...parts));
  });
}

test('a T1 token whose text was changed is refused', async () => {
  const changed = Buffer.from(t1(text()).slice(4), 'base64').toString().replace('moderator', 'publisher');
  await assert.rejects(join(`T1==${Buffer.from(changed).toString('base64')}`), refused(1004, /signature/));
});

test('a T1 token manages nothing', async () => {
  // Whatever else a token for REST calls would have to have.
  const complete = t1(text({ iat: `${now}` }));
  await assert.rejects(verifyManagementToken(complete, policy), refused(1004, /client token/));
  for (const signed of [text(), `create_time=${now}&expire_time=${now + 100}`, text({ scope: '' })]) {
    await assert.rejects(verifyManagementToken(t1(signed), policy), refused(1004));
  }
});
