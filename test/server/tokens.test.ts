import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { decodeJwt, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import {
  admit,
  isOpenSession,
  issueClientToken,
  verifyManagementToken,
} from '../../src/server/tokens/index.js';
import { refused } from './refused.js';

const apiKey = '12345';
const apiSecret = 'a'.repeat(40);
const policy = { apiKey, apiSecrets: [apiSecret], openSessions: ['open-*'] };

const now = Math.floor(Date.now() / 1000);
const hour = 3600;

const clientClaims: JWTPayload = {
  iss: apiKey,
  ist: 'project',
  iat: now,
  exp: now + hour,
  scope: 'session.connect',
  session_id: 'lobby',
  role: 'moderator',
  connection_data: 'name=alice',
};
const managementClaims: JWTPayload = { iss: apiKey, ist: 'project', iat: now, exp: now + 300 };

const sign = (claims: JWTPayload, secret = apiSecret, alg = 'HS256'): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret));

const join = (token: string | undefined, sessionId = 'lobby') => admit({ sessionId, token }, policy);

test('a client token admits to its session, with its role and data', async () => {
  assert.deepEqual(await join(await sign(clientClaims)), {
    role: 'moderator',
    data: 'name=alice',
    authenticated: true,
  });
});

for (const [named, meant] of [
  [undefined, 'publisher'],
  ['', 'publisher'],
  ['publisher', 'publisher'],
  ['publisheronly', 'publisher'],
  ['subscriber', 'subscriber'],
  ['moderator', 'moderator'],
  ['observer', 'observer'],
]) {
  test(`the role ${named} makes a ${meant}`, async () => {
    assert.equal((await join(await sign({ ...clientClaims, role: named }))).role, meant);
  });
}

test('a token without connection_data has empty data', async () => {
  assert.equal((await join(await sign({ ...clientClaims, connection_data: undefined }))).data, '');
});

test('the second secret of a rotation counts too', async () => {
  const token = await sign(clientClaims);
  const rotated = { ...policy, apiSecrets: ['n'.repeat(40), apiSecret] };
  assert.equal((await admit({ sessionId: 'lobby', token }, rotated)).authenticated, true);
});

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();

const refusals: [string, JWTPayload, RegExp[]][] = [
  ['expired', { exp: now - 120 }, [/expired at/, new RegExp(iso(now - 120))]],
  [
    'that expire_time ended before exp',
    { expire_time: now - 120 },
    [/expired at/, new RegExp(iso(now - 120))],
  ],
  ['without exp', { exp: undefined }, [/"exp"/]],
  ['whose exp is no number', { exp: 'tomorrow' as never }, [/"exp"/, /tomorrow/]],
  ['whose exp is beyond time', { exp: -1e300 }, [/"exp"/]],
  ['not valid yet', { nbf: now + 120 }, [/not valid before/, new RegExp(iso(now + 120))]],
  ['for another session', { session_id: 'other' }, [/"other"/, /"lobby"/]],
  ['for no session', { session_id: undefined }, [/"lobby"/]],
  ['of another scope', { scope: 'session.manage' }, [/"scope"/, /session\.manage/, /session\.connect/]],
  ['of another issuer', { iss: '999' }, [/"iss"/, /"999"/]],
  ['without issuer', { iss: undefined }, [/"iss"/]],
  [
    'for an application that the server has not',
    { application_id: 'b3f1' },
    [/application_id/, /--public-key/],
  ],
  ['of an unknown role', { role: 'owner' }, [/"role"/, /"owner"/]],
  ['with a role from the prototype', { role: 'constructor' }, [/"role"/]],
  ['whose data is no string', { connection_data: { name: 'alice' } }, [/connection_data/]],
];
for (const [kind, claims, parts] of refusals) {
  test(`a client token ${kind} is refused`, async () => {
    const token = await sign({ ...clientClaims, ...claims });
    await assert.rejects(join(token), refused(1004, ...parts));
  });
}

test('clocks may be a minute apart', async () => {
  await join(await sign({ ...clientClaims, exp: now - 30 }));
  await join(await sign({ ...clientClaims, nbf: now + 30 }));
});

test('expiry alone is ignored where a connection resumes', async () => {
  const expired = { ...clientClaims, exp: now - 120 };
  const resume = async (claims: JWTPayload) =>
    admit({ sessionId: 'lobby', token: await sign(claims) }, policy, { ignoreExpiry: true });
  assert.equal((await resume(expired)).role, 'moderator');
  await assert.rejects(resume({ ...expired, exp: undefined }), refused(1004, /"exp"/));
  await assert.rejects(resume({ ...expired, session_id: 'other' }), refused(1004, /"other"/));
});

test('a token signed with another secret is refused', async () => {
  await assert.rejects(join(await sign(clientClaims, 'b'.repeat(40))), refused(1004, /signature/));
});

test('a changed token is refused', async () => {
  const [header, , signature] = (await sign({ ...clientClaims, role: 'subscriber' })).split('.');
  const payload = Buffer.from(JSON.stringify(clientClaims)).toString('base64url');
  await assert.rejects(join(`${header}.${payload}.${signature}`), refused(1004, /signature/));
});

test('a token without its signature, or with a part of it, is refused', async () => {
  const token = await sign(clientClaims);
  const end = token.lastIndexOf('.') + 1;
  await assert.rejects(join(token.slice(0, end)), refused(1004, /signature/));
  await assert.rejects(join(token.slice(0, end + 22)), refused(1004, /signature/));
});

test('a server with an empty secret lets in nobody who signed with it', async () => {
  const signed = await sign(clientClaims);
  const text = signed.slice(0, signed.lastIndexOf('.'));
  const token = `${text}.${createHmac('sha256', '').update(text).digest('base64url')}`;
  const unset = { ...policy, apiSecrets: [''] };
  await assert.rejects(admit({ sessionId: 'lobby', token }, unset), refused(1004, /signature/));
});

test('a token that asks for more than is understood is refused', async () => {
  const asking = new SignJWT(clientClaims).setProtectedHeader({ alg: 'HS256', crit: ['b64'], b64: true });
  const token = await asking.sign(new TextEncoder().encode(apiSecret));
  await assert.rejects(join(token), refused(1004, /JSON Web Token/));
});

test('an unsigned token is refused', async () => {
  await assert.rejects(
    join(new UnsecuredJWT(clientClaims).encode()),
    refused(1004, /"alg"/, /"none"/, /HS256/),
  );
});

test('a token of another algorithm is refused, even with the right secret', async () => {
  const token = await sign(clientClaims, apiSecret.repeat(2), 'HS512');
  const samePolicy = { ...policy, apiSecrets: [apiSecret.repeat(2)] };
  await assert.rejects(admit({ sessionId: 'lobby', token }, samePolicy), refused(1004, /HS512/, /HS256/));
});

for (const text of ['nonsense', 'a.b.c', '..', 'e30.e30', 'e30.W10.e30']) {
  test(`"${text}" is refused as no token, and not repeated`, async () => {
    await assert.rejects(join(text), (error: Error) => {
      assert.equal(error.message.includes(` ${text} `), false);
      return refused(1004)(error);
    });
  });
}

test('no message repeats a token', async () => {
  const tokens = [
    await sign({ ...clientClaims, exp: now - 120 }),
    await sign({ ...clientClaims, session_id: 'other' }),
    await sign(clientClaims, 'b'.repeat(40)),
    new UnsecuredJWT(clientClaims).encode(),
  ];
  for (const token of tokens) {
    const error = (await join(token).catch((reason: unknown) => reason)) as Error;
    for (const part of token.split('.').filter((text) => text !== '')) {
      assert.equal(error.message.includes(part), false);
    }
  }
});

test('a management token lets nobody join', async () => {
  await assert.rejects(join(await sign(managementClaims)), refused(1004, /management token/, /client token/));
});

test('a client token manages nothing', async () => {
  const client = await sign({ ...clientClaims, exp: now + 300 });
  await assert.rejects(verifyManagementToken(client, policy), refused(1004, /client token/));
  for (const claim of ['scope', 'session_id']) {
    const half = await sign({ ...managementClaims, [claim]: clientClaims[claim] });
    await assert.rejects(verifyManagementToken(half, policy), refused(1004, /client token/));
  }
});

test('a management token lives 300 s at most, from when it was made', async () => {
  await verifyManagementToken(await sign(managementClaims), policy);
  for (const claims of [
    { exp: now + 301 },
    { iat: undefined },
    { exp: undefined },
    { iat: now - 500, exp: now - 200 },
    { iat: now + 5000, exp: now + 5300 },
  ]) {
    const token = await sign({ ...managementClaims, ...claims });
    await assert.rejects(verifyManagementToken(token, policy), refused(1004), JSON.stringify(claims));
  }
});

test('a management token has to be signed by the project', async () => {
  const rejects = async (token: string, part: RegExp) =>
    assert.rejects(verifyManagementToken(token, policy), refused(1004, part));
  await rejects(await sign(managementClaims, 'b'.repeat(40)), /signature/);
  await rejects(await sign({ ...managementClaims, iss: '999' }), /"iss"/);
  await rejects(new UnsecuredJWT(managementClaims).encode(), /"alg"/);
});

test('a session id of bad form is refused as 1005', async () => {
  const token = await sign(clientClaims);
  for (const id of ['', 'x'.repeat(256), 'a\nb']) await assert.rejects(join(token, id), refused(1005));
});

test('a join for another project is refused', async () => {
  const token = await sign(clientClaims);
  const rejection = admit({ sessionId: 'lobby', token, apiKey: '999' }, policy);
  await assert.rejects(rejection, refused(1004, /"999"/));
  await admit({ sessionId: 'lobby', token, apiKey }, policy);
});

test('without a token only open sessions can be joined, as an unauthenticated subscriber', async () => {
  assert.deepEqual(await join(undefined, 'open-1'), { role: 'subscriber', data: '', authenticated: false });
  await assert.rejects(join(undefined), refused(1004, /"lobby"/, /--open-sessions/));
  await assert.rejects(join(''), refused(1004, /--open-sessions/));
});

test('a bad token is refused in an open session too', async () => {
  await assert.rejects(join(await sign(clientClaims), 'open-1'), refused(1004, /"open-1"/));
});

for (const [pattern, open, closed] of [
  ['lobby', ['lobby'], ['lobby2', 'Lobby', '']],
  ['blog-*', ['blog-', 'blog-1', 'blog-*'], ['blog', 'my-blog-1']],
  ['*', ['', 'anything'], []],
  ['a*b*c', ['abc', 'a-b-b-c', 'abbcc'], ['acb', 'ab', 'xabc', 'abcx']],
  ['ab*ba', ['abba', 'ab-ba'], ['aba']],
  ['a.c', ['a.c'], ['abc']],
] as const) {
  test(`the pattern ${pattern} opens what it says and no more`, () => {
    for (const id of open) assert.equal(isOpenSession(id, [pattern]), true, id);
    for (const id of closed) assert.equal(isOpenSession(id, [pattern]), false, id);
  });
}

test('an issued token has the claims of OpenTok', async () => {
  const token = await issueClientToken({
    apiKey,
    apiSecret,
    sessionId: 'lobby',
    role: 'observer',
    data: 'é',
  });
  const { iat, exp, create_time, jti, ...claims } = decodeJwt(token);
  assert.deepEqual(claims, {
    iss: apiKey,
    ist: 'project',
    session_id: 'lobby',
    role: 'observer',
    connection_data: 'é',
    scope: 'session.connect',
  });
  assert.equal(exp! - iat!, 24 * hour);
  assert.equal(create_time, iat);
  assert.equal(typeof jti, 'string');
  assert.deepEqual(await join(token), { role: 'observer', data: 'é', authenticated: true });
});

test('no token is issued that a server would not accept', async () => {
  const issue = (options: object) => issueClientToken({ apiKey, apiSecret, sessionId: 'lobby', ...options });
  await assert.rejects(issue({ sessionId: '' }), refused(1005));
  await assert.rejects(issue({ role: 'owner' }), refused(1011, /"owner"/));
  await assert.rejects(issue({ data: 'x'.repeat(1025) }), refused(1011, /1025/));
  for (const expiresIn of [0, -1, Number.NaN, 31 * 24 * hour]) {
    await assert.rejects(issue({ expiresIn }), refused(1011, /30 days/));
  }
});
