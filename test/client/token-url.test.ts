import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, suite, test } from 'node:test';
import { fetchToken } from '../../src/client/index.js';

suite('a token address', () => {
  const page = {
    document: { baseURI: 'https://site.example/a/b' },
    origin: 'https://site.example',
  };
  beforeEach(() => {
    Object.assign(globalThis, page);
  });
  afterEach(() => {
    mock.restoreAll();
    for (const name of Object.keys(page)) Reflect.deleteProperty(globalThis, name);
  });

  const answer = (body: string, status = 200): void => {
    mock.method(globalThis, 'fetch', async () => new Response(body, { status }));
  };

  for (const body of ['a.b.c', ' a.b.c\n', '{"token":"a.b.c"}', '{"token":"a.b.c","more":1}']) {
    test(`gives the token of ${JSON.stringify(body)}`, async () => {
      answer(body);
      assert.equal(await fetchToken('/token'), 'a.b.c');
    });
  }

  for (const [body, status] of [
    ['a.b.c', 500],
    ['<!doctype html>', 200],
    ['{"token":7}', 200],
    ['{"token"', 200],
    ['null', 200],
    ['', 204],
    [`${'a'.repeat(4096)}.b.c`, 200],
  ] as const) {
    test(`is told of where it answers ${status} ${JSON.stringify(body.slice(0, 20))}`, async () => {
      mock.method(globalThis, 'fetch', async () => new Response(body || null, { status }));
      await assert.rejects(fetchToken('token'), { code: 2001, message: new RegExp(`/a/token .*${status}`) });
    });
  }

  test('is asked past every cache, with cookies', async () => {
    answer('a.b.c');
    await Promise.all([fetchToken('/token?page=1'), fetchToken('/token?page=1')]);
    const { calls } = (fetch as ReturnType<typeof mock.fn<typeof fetch>>).mock;
    const [first, second] = calls.map((call) => call.arguments);
    assert.match(String(first![0]), /^https:\/\/site\.example\/token\?page=1&_=./);
    assert.notEqual(String(first![0]), String(second![0]));
    assert.equal(first![1]!.cache, 'no-store');
    assert.equal(first![1]!.credentials, 'same-origin');
  });

  test('on another origin is refused unasked', async () => {
    answer('a.b.c');
    await assert.rejects(fetchToken('//other.example/token'), { code: 1011, message: /own origin/ });
    assert.equal((fetch as ReturnType<typeof mock.fn<typeof fetch>>).mock.callCount(), 0);
  });

  test('that never answers is given up', async () => {
    const waiting = new AbortController();
    const timeout = mock.method(AbortSignal, 'timeout', () => waiting.signal);
    mock.method(
      globalThis,
      'fetch',
      (_url: URL, { signal }: RequestInit) =>
        new Promise((_resolve, reject) => {
          signal!.onabort = () => reject(new Error('aborted'));
        }),
    );
    const token = fetchToken('/token');
    assert.deepEqual(timeout.mock.calls[0]!.arguments, [10_000]);
    waiting.abort();
    await assert.rejects(token, { code: 2001, message: /\/token \(no answer\)/ });
  });
});
