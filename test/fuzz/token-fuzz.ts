import assert from 'node:assert/strict';
import { createHmac, createPublicKey, verify } from 'node:crypto';
import { base64url, SignJWT, type JWTPayload } from 'jose';
import { SessionError } from '../../src/protocol/index.js';
import { admit, verifyManagementToken, type Admission } from '../../src/server/tokens/index.js';
import { apiKey, apiSecret } from '../hostile/measured-server.js';
import { application, clientClaims, now, privateKey, secret, sign } from '../hostile/tokens.js';
import { mutatedBytes, mutatedJson, mutatedText } from './mutation.js';
import type { Random } from './random.js';

const publicKey = createPublicKey(application.publicKey);
const project = {
  apiKey,
  apiSecrets: ['another secret, for a rotation', apiSecret],
  application: { id: application.id, publicKey },
  openSessions: [],
};

const t1Text = new URLSearchParams({
  session_id: 'lobby',
  create_time: `${now}`,
  expire_time: `${now + 3600}`,
  role: 'moderator',
  connection_data: 'a=b&c',
}).toString();
const t1Signature = (text: string): string => createHmac('sha1', apiSecret).update(text).digest('hex');
const t1 = (inside: string | Buffer): string => `T1==${Buffer.from(inside).toString('base64')}`;

const applicationClaims = { ...clientClaims, iss: undefined, application_id: application.id };
const ofApplication = (claims: JWTPayload): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(privateKey);

/** Valid tokens of every kind: three for joining the lobby, two for REST calls. */
export const validTokens = async (): Promise<readonly string[]> => [
  await sign(),
  await ofApplication(applicationClaims),
  t1(`partner_id=${apiKey}&sig=${t1Signature(t1Text)}:${t1Text}`),
  await sign({ scope: undefined, session_id: undefined }),
  await ofApplication({ application_id: application.id, iat: now, exp: now + 900 }),
];

const headers = [
  { alg: 'none' },
  { alg: 'HS256' },
  { alg: 'RS256' },
  { alg: 'HS512' },
  { alg: ['HS256'] },
  { alg: 'HS256', kid: '/dev/null' },
  { alg: 'HS256', crit: ['b64'], b64: false },
  { alg: 'RS256', jku: 'http://127.0.0.1:9' },
];
const encode = (value: string | object): string =>
  base64url.encode(typeof value === 'string' ? value : JSON.stringify(value));

function mutatedJwt(random: Random, token: string, others: readonly string[]): string {
  const [header, payload, signature] = token.split('.') as [string, string, string];
  const other = random.pick(others).split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  switch (random.below(9)) {
    case 0:
      return `${encode(random.pick(headers))}.${payload}.${random.chance(0.5) ? signature : ''}`;
    case 1:
      return `${header}.${encode(mutatedJson(random, claims))}.${signature}`;
    case 2:
      return `${header}.${payload}.${mutatedText(random, signature)}`;
    case 3:
      return `${header}.${other[1]}.${random.chance(0.5) ? signature : other[2]}`;
    case 4: {
      // Signed, but with what everybody knows.
      const signed = `${encode({ alg: 'HS256' })}.${payload}`;
      const key = random.pick([application.publicKey, '', apiKey, 'undefined']);
      return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
    }
    case 5: {
      // Signed as it should be, with claims that are not as they should be.
      const signed = `${encode({ alg: 'HS256' })}.${encode(mutatedJson(random, claims))}`;
      return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
    }
    case 6:
      return `${token}${random.pick(['=', ' ', '.', '\n', 'A', '\u0000'])}`;
    case 7:
      return `${header}.${payload}.${signature}`.replace(random.pick(['a', 'A', '_', '-', 'e']), '+/');
    default:
      return mutatedText(random, token);
  }
}

function mutatedT1(random: Random, token: string): string {
  const inside = Buffer.from(token.slice(4), 'base64');
  const signed = mutatedText(random, t1Text);
  return random.pick([
    () => mutatedText(random, token),
    () => t1(mutatedBytes(random, inside)),
    () => t1(`partner_id=${apiKey}&sig=${t1Signature(signed)}:${signed}`),
    () => t1(`partner_id=${apiKey}&sig=:${signed}`),
    () => t1(inside.toString().replace(/sig=\w{40}/, `$&${random.pick(['00', 'zz', '&sig=', '%00'])}`)),
  ])();
}

/** What a token says, where somebody with a key has signed it; read in another way than the server's. */
function signedClaims(token: string): Record<string, unknown> | undefined {
  if (token.startsWith('T1==')) {
    const [outer = '', ...rest] = Buffer.from(token.slice(4), 'base64').toString().split(':');
    const signature = new URLSearchParams(outer).get('sig') ?? '';
    const text = rest.join(':');
    if (!signature.toLowerCase().startsWith(t1Signature(text))) return undefined;
    const { expire_time: exp, ...claims } = Object.fromEntries(new URLSearchParams(text));
    return { scope: 'session.connect', ...claims, exp: Number(exp) };
  }
  const [header, payload, signature] = token.split('.');
  const given = Buffer.from(signature ?? '', 'base64url');
  const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()) as Record<string, unknown>;
  const bytes = Buffer.from(`${header}.${payload}`);
  const isSigned =
    claims.application_id === application.id
      ? verify('sha256', bytes, publicKey, given)
      : claims.iss === apiKey && createHmac('sha256', secret).update(bytes).digest().equals(given);
  return isSigned ? claims : undefined;
}

const isGoodEnd = (end: unknown): boolean => typeof end === 'number' && end > now - 60 && end < 8.64e12;

function assertMayJoin(token: string, { role, data }: Admission): void {
  const claims = signedClaims(token);
  assert.ok(claims, `nobody signed ${token}`);
  assert.equal(claims.session_id, 'lobby');
  assert.equal(claims.scope, 'session.connect');
  assert.ok(isGoodEnd(claims.exp), token);
  assert.equal(
    role,
    ['', 'publisheronly', undefined].includes(claims.role as string) ? 'publisher' : claims.role,
  );
  assert.equal(data, claims.connection_data ?? '');
}

function assertMayManage(token: string, called: string): void {
  assert.ok(!token.startsWith('T1=='), token);
  const claims = signedClaims(token);
  assert.ok(claims, `nobody signed ${token}`);
  assert.ok(!('scope' in claims) && !('session_id' in claims), token);
  assert.ok(isGoodEnd(claims.exp), token);
  assert.equal(called, claims.application_id ?? claims.iss);
}

/** What a promise came to; undefined where the token was refused. Fails where it was neither. */
async function unlessRefused<Result>(answer: Promise<Result>, token: string): Promise<Result | undefined> {
  try {
    return await answer;
  } catch (error) {
    assert.ok(error instanceof SessionError && error.code === 1004, `${String(error)} for ${token}`);
    if (token.length > 40) assert.ok(!error.message.includes(token), 'a message holds a token');
    return undefined;
  }
}

/** Shows changed tokens to what checks them. Resolves to how many were accepted, each with good reason. */
export async function fuzzTokens(random: Random, tokens: number): Promise<number> {
  const valid = await validTokens();
  const jwts = valid.filter((token) => !token.startsWith('T1=='));
  let accepted = 0;
  for (let index = 0; index < tokens; index++) {
    const base = random.pick(valid);
    const token = base.startsWith('T1==') ? mutatedT1(random, base) : mutatedJwt(random, base, jwts);
    // An open session would let in whoever has none.
    if (!token) continue;
    const admission = await unlessRefused(admit({ sessionId: 'lobby', token }, project), token);
    if (admission) assertMayJoin(token, admission);
    const called = await unlessRefused(verifyManagementToken(token, project), token);
    if (called !== undefined) assertMayManage(token, called);
    assert.ok(!admission || called === undefined, `${token} is of both kinds`);
    if (admission || called !== undefined) accepted++;
  }
  return accepted;
}
