import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { clientAddress } from '../../src/server/client-address.js';

const address = (remoteAddress: string, forwarded?: string | string[], trusted = 0): string => {
  const headers = { 'x-forwarded-for': forwarded } as unknown as IncomingMessage['headers'];
  return clientAddress({ headers, socket: { remoteAddress } as IncomingMessage['socket'] }, trusted);
};

test('without a proxy of its own a server believes no header', () => {
  assert.equal(address('192.0.2.1', '198.51.100.7'), '192.0.2.1');
});

test('each proxy of its own adds an address on the right', () => {
  const forwarded = '203.0.113.66, 198.51.100.7, 192.0.2.9';
  assert.equal(address('10.0.0.1', forwarded, 1), '192.0.2.9');
  assert.equal(address('10.0.0.1', forwarded, 2), '198.51.100.7');
  assert.equal(address('10.0.0.1', ['203.0.113.66', '198.51.100.7'], 1), '198.51.100.7');
});

test('of what is no address no more is kept than an address has', () => {
  assert.equal(address('10.0.0.1', 'x'.repeat(10_000), 1).length, 64);
});

test('who came past the proxies is who called', () => {
  assert.equal(address('192.0.2.1', undefined, 1), '192.0.2.1');
  assert.equal(address('192.0.2.1', '198.51.100.7', 2), '192.0.2.1');
});

test('of IPv6 a network of 64 bits is one client', () => {
  for (const [text, network] of [
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8::1:0:0:1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
  ] as const) {
    assert.equal(address(text), network);
  }
});
