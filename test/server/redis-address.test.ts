import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameOfRedis, redisAddress } from '../../src/server/roster/redis/index.js';

const none = { tls: false, username: undefined, password: undefined, name: '', database: 0 };

test('one server, sentinels and a cluster each have a form of URL', () => {
  assert.deepEqual(redisAddress('redis://localhost'), {
    ...none,
    kind: 'single',
    nodes: [{ host: 'localhost', port: 6379 }],
  });
  assert.deepEqual(redisAddress('rediss://user:p%40ss@[::1]:7000/3'), {
    kind: 'single',
    nodes: [{ host: '::1', port: 7000 }],
    tls: true,
    username: 'user',
    password: 'p@ss',
    name: '',
    database: 3,
  });
  assert.deepEqual(redisAddress('redis+sentinel://:secret@a,b:27000/rosters/1'), {
    ...none,
    kind: 'sentinel',
    nodes: [
      { host: 'a', port: 26_379 },
      { host: 'b', port: 27_000 },
    ],
    password: 'secret',
    name: 'rosters',
    database: 1,
  });
  assert.deepEqual(redisAddress('rediss+cluster://a:1,b:2/0'), {
    ...none,
    kind: 'cluster',
    tls: true,
    nodes: [
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ],
  });
});

test('a Redis is called by its URL without user and password', () => {
  for (const url of [
    'redis://[::1]:6379',
    'rediss+sentinel://a:1,b:2/rosters/4',
    'redis+cluster://a:1,b:2',
  ]) {
    assert.equal(nameOfRedis(redisAddress(url.replace('//', '//user:secret@'))), url);
  }
});

test('a URL that says something else is refused, and not repeated', () => {
  const bad = {
    'http://secret@a': /has to be a URL such as/,
    'localhost:6379': /has to be a URL such as/,
    'redis://secret@a,b': /several servers/,
    'redis://secret@a:99999': /host or host:port/,
    'redis://secret@a/rosters': /database's number/,
    'redis+sentinel://secret@a': /lacks the name/,
    'redis+cluster://secret@a/1': /database 0 alone/,
  };
  for (const [url, message] of Object.entries(bad)) {
    assert.throws(
      () => redisAddress(url),
      (error: Error) => message.test(error.message) && !error.message.includes('secret'),
      url,
    );
  }
});
