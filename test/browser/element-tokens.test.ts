import { expect, fixture } from '@open-wc/testing';
import type { SessionErrorDetail } from '../../src/element/index.js';
import { become, command, counts, RealSession, until } from './on-server.js';
import { record } from './shown.js';

interface TokenRequest {
  origin: 'own' | 'other';
  query: string;
  cookie: string;
}

let session: RealSession;
let page: Element;
let errors: SessionErrorDetail[];
beforeEach(async () => {
  session = await new RealSession().start();
  page = await fixture('<div></div>');
  errors = record(page, 'session-error') as SessionErrorDetail[];
});
afterEach(() => session.end());

/** An address of the page's own origin, and one of another, that answer this, one after the other. */
const plan = (...answers: object[]): Promise<{ own: string; other: string }> =>
  command('token-address:plan', { name: session.sessionId, answers });
const requests = (): Promise<TokenRequest[]> =>
  command('token-address:requests', { name: session.sessionId });
const release = (): Promise<true> => command('token-address:release', { name: session.sessionId });

describe('token on the real server', () => {
  for (const [wrong, message] of [
    ['garbage', /not a JSON Web Token/],
    ['management', /management token.*join with a client token/],
    ['of another session', /for the session "another", not for "session-.+"/],
    ['of another key', /"another-key", which isn't this server's API key/],
    ['of another secret', /signature doesn't fit: sign it with the API secret/],
    ['expired', /expired at .*: make a new one/],
  ] as const) {
    it(`${wrong} fails in one sentence, and a good one in its place joins`, async () => {
      const token = await session.wrongToken(wrong);
      const element = await session.place({ token }, {}, page);
      await become(element, 'failed');
      expect(errors).to.have.lengthOf(1);
      expect(errors[0]).to.include({ name: 'OT_AUTHENTICATION_ERROR', code: 1004, fatal: true });
      expect(errors[0]!.message).to.match(message);
      expect(errors[0]!.message).not.to.contain(token === 'garbage' ? 'garbage' : token.split('.')[2]);
      expect(element.error!.message).to.equal(errors[0]!.message);
      element.setAttribute('token', await session.token());
      await counts(element, 1);
      expect(element.error).to.equal(undefined);
      expect(errors).to.have.lengthOf(1);
    });
  }

  it('that is missing is told, with what opens the session', async () => {
    const element = await session.place({}, {}, page);
    await become(element, 'failed');
    expect(errors.map(({ message }) => message)).to.have.lengthOf(1);
    expect(errors[0]!.message).to.match(/needs a token.*--open-sessions/);
  });

  it('that was refused gives way to a token-url that is set later', async () => {
    const { own } = await plan({ body: await session.token() });
    const element = await session.place({ token: await session.wrongToken('expired') }, {}, page);
    await become(element, 'failed');
    element.setAttribute('token-url', own);
    await counts(element, 1);
  });

  it('that was refused gives way to a tokenProvider that is set later', async () => {
    const token = await session.token();
    const element = await session.place({ token: await session.wrongToken('expired') }, {}, page);
    await become(element, 'failed');
    element.tokenProvider = () => Promise.resolve(token);
    await counts(element, 1);
  });
});

describe('token-url on the real server', () => {
  for (const [what, wrap] of [
    ['text', (token: string) => ({ body: token })],
    ['text with white space around it', (token: string) => ({ body: `\n  ${token}\n` })],
    ['JSON', (token: string) => ({ body: JSON.stringify({ token }), type: 'application/json' })],
  ] as const) {
    it(`gives the token as ${what}`, async () => {
      const { own } = await plan(wrap(await session.token()));
      const element = await session.place({ 'token-url': own }, {}, page);
      await counts(element, 1);
      expect(errors).to.deep.equal([]);
      expect(await requests()).to.have.lengthOf(1);
    });
  }

  it('is not asked where the token attribute is good', async () => {
    const { own } = await plan({ body: 'never' });
    const element = await session.place({ token: await session.token(), 'token-url': own }, {}, page);
    await counts(element, 1);
    expect(await requests()).to.deep.equal([]);
  });

  it('is asked where the token attribute has expired', async () => {
    const { own } = await plan({ body: await session.token() });
    const token = await session.wrongToken('expired');
    const element = await session.place({ token, 'token-url': own }, {}, page);
    await counts(element, 1);
    expect(await requests()).to.have.lengthOf(1);
    expect(errors).to.deep.equal([]);
  });

  it('is asked once more after a refusal, past every cache and with cookies', async () => {
    document.cookie = 'visitor=ada; path=/';
    const { own } = await plan(
      { body: await session.wrongToken('expired') },
      { body: await session.token() },
    );
    const element = await session.place({ 'token-url': `${own}?page=1` }, {}, page);
    await counts(element, 1);
    const asked = await requests();
    expect(asked).to.have.lengthOf(2);
    for (const { query, cookie } of asked) {
      expect(query).to.match(/^\?page=1&_=./);
      expect(cookie).to.contain('visitor=ada');
    }
    expect(asked[0]!.query).not.to.equal(asked[1]!.query);
    expect(errors).to.deep.equal([]);
    document.cookie = 'visitor=; path=/; max-age=0';
  });

  it('that gives refused tokens alone fails after the second', async () => {
    const { own } = await plan(
      { body: await session.wrongToken('expired') },
      { body: await session.wrongToken('of another key') },
      { body: await session.wrongToken('of another session') },
    );
    const element = await session.place({ 'token-url': own }, {}, page);
    await become(element, 'failed');
    expect(await requests()).to.have.lengthOf(2);
    expect(errors).to.have.lengthOf(1);
    expect(errors[0]!.code).to.equal(1004);
  });

  for (const [what, answer, part] of [
    ['a server error', { status: 500, body: 'a.b.c' }, 'HTTP 500'],
    ['a login page', { type: 'text/html', body: '<!doctype html><title>Log in</title>' }, 'HTTP 200'],
    ['JSON without a token', { type: 'application/json', body: '{"error":"who?"}' }, 'HTTP 200'],
    ['too much', { body: `${'a'.repeat(5000)}.b.c` }, 'HTTP 200'],
    ['nothing', { status: 204 }, 'HTTP 204'],
  ] as const) {
    it(`that answers ${what} is told in one sentence, and asked again`, async () => {
      const { own } = await plan(answer, { body: await session.token() });
      const element = await session.place({ 'token-url': own }, {}, page);
      await until(element, () => errors.length);
      expect(errors[0]).to.include({ name: 'OT_UNEXPECTED_SERVER_RESPONSE', code: 2001, fatal: false });
      expect(errors[0]!.message)
        .to.contain(own)
        .and.to.contain(part)
        .and.to.match(/answer with a token/);
      expect(element.state).to.equal('connecting');
      await counts(element, 1);
      expect(errors).to.have.lengthOf(1);
      expect(element.error).to.equal(undefined);
    });
  }

  it('that leads to another origin gives no token, whatever that one would allow', async () => {
    const { own, other } = await plan({ body: await session.token() });
    await plan({ status: 302, location: other }, { body: await session.token() });
    const element = await session.place({ 'token-url': own }, {}, page);
    await until(element, () => errors.length || element.state === 'connected');
    expect(errors.map(({ code }) => code)).to.deep.equal([2001]);
    expect((await requests()).filter(({ origin }) => origin === 'other')).to.deep.equal([]);
    await counts(element, 1);
  });

  it('on another origin is one clear error, and no request', async () => {
    const { own, other } = await plan({ body: await session.token() });
    const element = await session.place({ 'token-url': other }, {}, page);
    await become(element, 'failed');
    expect(errors).to.have.lengthOf(1);
    expect(errors[0]).to.include({ code: 1011, fatal: true });
    expect(errors[0]!.message)
      .to.contain(other)
      .and.to.match(/own origin/);
    expect(await requests()).to.deep.equal([]);
    element.setAttribute('token-url', own);
    await counts(element, 1);
  });

  it('is asked again for the way back after a restart of the server', async () => {
    const { own } = await plan({ body: await session.token() });
    const element = await session.place({ 'token-url': own }, {}, page);
    await counts(element, 1);
    const away = until(element, () => element.state === 'reconnecting');
    await command('session-server:restart');
    await away;
    await counts(element, 1);
    expect(await requests()).to.have.lengthOf(2);
    expect(errors).to.deep.equal([]);
  });

  it('that is slow keeps it connecting until the answer is there', async () => {
    const { own } = await plan({ held: true, body: await session.token() });
    const element = await session.place({ 'token-url': own }, {}, page);
    await element.updateComplete;
    let asked: TokenRequest[];
    do asked = await requests();
    while (!asked.length);
    expect(element.state).to.equal('connecting');
    await release();
    await counts(element, 1);
    expect(errors).to.deep.equal([]);
  });
});

describe('tokenProvider on the real server', () => {
  it('gives the token, and another one after a refusal', async () => {
    const tokens = [await session.wrongToken('expired'), await session.token()];
    const element = await session.place({}, { tokenProvider: async () => tokens.shift()! }, page);
    await counts(element, 1);
    expect(tokens).to.deep.equal([]);
    expect(errors).to.deep.equal([]);
  });

  it('is asked before the token-url', async () => {
    const token = await session.token();
    const { own } = await plan({ body: token });
    const element = await session.place({ 'token-url': own }, { tokenProvider: async () => token }, page);
    await counts(element, 1);
    expect(await requests()).to.deep.equal([]);
  });

  for (const [what, fail] of [
    ['rejects', () => Promise.reject(new Error('Nobody is logged in'))],
    [
      'throws',
      () => {
        throw new Error('Nobody is logged in');
      },
    ],
  ] as const) {
    it(`that ${what} is told with its reason, and asked again`, async () => {
      const token = await session.token();
      let asked = 0;
      const tokenProvider = (): Promise<string> => (asked++ ? Promise.resolve(token) : fail());
      const element = await session.place({}, { tokenProvider }, page);
      await until(element, () => errors.length);
      expect(errors[0]).to.include({ code: 2001, fatal: false });
      expect(errors[0]!.message).to.contain('Nobody is logged in');
      await counts(element, 1);
      expect(errors).to.have.lengthOf(1);
    });
  }

  for (const [what, value, message] of [
    ['nothing', undefined, /needs a token/],
    ['a number', 7, /not a JSON Web Token/],
    ['an answer that was not read', { token: 'a.b.c' }, /not a JSON Web Token/],
    ['text that is no token', 'hello', /not a JSON Web Token/],
  ] as const) {
    it(`that gives ${what} fails in one sentence about the token`, async () => {
      const tokenProvider = async (): Promise<string> => value as unknown as string;
      const element = await session.place({}, { tokenProvider }, page);
      await become(element, 'failed');
      expect(errors).to.have.lengthOf(1);
      expect(errors[0]!.message).to.match(message);
    });
  }

  it('that never answers leaves it connecting', async () => {
    let asked!: () => void;
    const wasAsked = new Promise<void>((resolve) => (asked = resolve));
    const tokenProvider = (): Promise<string> => {
      asked();
      return new Promise(() => {});
    };
    const element = await session.place({}, { tokenProvider }, page);
    await wasAsked;
    await element.updateComplete;
    expect(element.state).to.equal('connecting');
    expect(element.source!.state).to.equal('connecting');
    expect(errors).to.deep.equal([]);
  });
});
