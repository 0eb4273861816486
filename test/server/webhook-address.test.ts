import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { suite, test } from 'node:test';
import { reachOf, WebhookAddresses } from '../../src/server/webhooks/webhook-address.js';

const strict = { privateAllowed: false, development: false };

/** Of a host whose name says nothing, so that only its addresses tell. */
const addressesOf =
  (...found: string[]) =>
  async () =>
    found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

suite('a webhook goes to public addresses alone', () => {
  const special: Record<string, string[]> = {
    'this network': ['0.0.0.0', '0.1.2.3', '::'],
    loopback: ['127.0.0.1', '127.255.255.254', '::1'],
    private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
    'link-local': ['169.254.169.254', '169.254.0.1', 'fe80::1', 'fe80::1%eth0', 'febf::1'],
    'shared by customers of one provider': ['100.64.0.1', '100.127.255.255'],
    multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1', 'ff0e::1'],
    'broadcast and reserved': ['255.255.255.255', '240.0.0.1', '192.0.0.1', '192.0.0.170'],
    'for documents and benchmarks': [
      '192.0.2.1',
      '198.51.100.1',
      '203.0.113.1',
      '198.18.0.1',
      '2001:db8::1',
      '3fff::1',
    ],
    'unique local and site-local': ['fc00::1', 'fd12:3456::1', 'fd00:ec2::254', 'fec0::1'],
    'IPv4 in IPv6': [
      '::ffff:127.0.0.1',
      '::ffff:10.0.0.1',
      '::ffff:a9fe:a9fe',
      '0:0:0:0:0:ffff:7f00:1',
      '::127.0.0.1',
      '::ffff:0:127.0.0.1',
      '64:ff9b::7f00:1',
      '64:ff9b:1::7f00:1',
      '2002:7f00:1::1',
      '2001:0:7f00:1::1',
    ],
    'not given to anybody': ['100::1', '4000::1', '5f00::1'],
  };
  for (const [kind, addresses] of Object.entries(special)) {
    test(`not to those that are ${kind}`, async () => {
      for (const address of addresses) {
        assert.notEqual(reachOf(address), 'public', address);
        const guard = new WebhookAddresses({ ...strict, resolve: addressesOf(address) });
        await assert.rejects(
          guard.check(guard.read('https://example.com/')),
          /not public.*--webhook-private/,
          address,
        );
      }
    });
  }

  test('to all others', () => {
    for (const address of [
      ...[
        '1.1.1.1',
        '8.8.8.8',
        '100.63.255.255',
        '100.128.0.1',
        '172.15.255.255',
        '172.32.0.1',
        '192.167.0.1',
      ],
      ...['223.255.255.255', '2606:4700::1111', '2a00:1450::1', '::ffff:8.8.8.8'],
    ]) {
      assert.equal(reachOf(address), 'public', address);
    }
  });

  test('not where one of several addresses is another', async () => {
    const guard = new WebhookAddresses({ ...strict, resolve: addressesOf('8.8.8.8', '10.0.0.1') });
    await assert.rejects(guard.check(guard.read('https://example.com/')), /not public/);
  });

  test('however a forbidden address is spelt', () => {
    const guard = new WebhookAddresses(strict);
    for (const host of [
      ...[
        '127.0.0.1',
        '127.1',
        '127.0.1',
        '2130706433',
        '0x7f000001',
        '0x7f.1',
        '0177.0.0.1',
        '017700000001',
      ],
      ...[
        '127.0.0.1.',
        '0',
        '0x0',
        '3232235777',
        '0xa9fea9fe',
        '169.254.43518',
        '１２７.０.０.１',
        '127。0。0。1',
      ],
      ...['①②⑦.0.0.1', '%31%32%37.0.0.1', '[::1]', '[::]', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]'],
      ...['[::ffff:7f00:1]', '[::127.0.0.1]', '[fe80::1]', '[fd00::1]', '[64:ff9b::127.0.0.1]'],
    ]) {
      assert.throws(() => guard.read(`https://${host}/hook`), /not public/, host);
    }
    for (const host of [
      '[fe80::1%25eth0]',
      '[fe80::1%eth0]',
      '256.0.0.1',
      '1.2.3.4.5',
      '0x100000000',
      '127.0.0.1:99999',
    ]) {
      assert.throws(() => guard.read(`https://${host}/hook`), /needs a URL/, host);
    }
    assert.equal(guard.read('https://8.8.8.8/hook').href, 'https://8.8.8.8/hook');
  });
});

suite('the URL of a webhook', () => {
  const bad: [string, string, RegExp][] = [
    ['without a scheme', 'example.com/hook', /such as https:\/\/example\.com/],
    ['of nothing', '', /needs a URL/],
    ['that has no end', `https://example.com/${'x'.repeat(3000)}`, /2048 characters/],
    ['without TLS', 'http://example.com/', /has to start with https:\/\/$/],
    ['without TLS on this computer, in production', 'http://127.0.0.1/', /has to start with https:\/\/$/],
    ['of another protocol', 'ftp://example.com/', /has to start with https:\/\//],
    ['of a file', 'file:///etc/passwd', /has to start with https:\/\//],
    ['with a password', 'https://ada:hunter2@example.com/', /user name or a password/],
    ['with a user name', 'https://hunter2@example.com/', /user name or a password/],
  ];
  for (const [what, url, message] of bad) {
    test(`${what} is refused with a sentence that doesn't repeat it`, () => {
      assert.throws(
        () => new WebhookAddresses(strict).read(url),
        (error: Error) => message.test(error.message) && !error.message.includes('hunter2'),
      );
    });
  }

  test('may name a host that is not there yet', async () => {
    const guard = new WebhookAddresses({ ...strict, resolve: () => Promise.reject(new Error('ENOTFOUND')) });
    await guard.check(guard.read('https://later.example/'));
  });

  test('may lead into a private network where that is allowed, over TLS', async () => {
    const guard = new WebhookAddresses({
      privateAllowed: true,
      development: false,
      resolve: addressesOf('10.0.0.1'),
    });
    await guard.check(guard.read('https://internal.example/'));
    guard.read('https://127.0.0.1/');
    assert.throws(() => guard.read('http://10.0.0.1/'), /https:\/\//);
  });

  test('may lead to this computer without TLS in development, and to it alone', async () => {
    const here = new WebhookAddresses({
      privateAllowed: false,
      development: true,
      resolve: addressesOf('127.0.0.1'),
    });
    for (const host of ['localhost', '127.0.0.1', '[::1]', 'LOCALHOST']) {
      await here.check(here.read(`http://${host}:3000/hook`));
      here.read(`https://${host}/`);
    }
    for (const host of ['10.0.0.1', 'example.com', '0.0.0.0', '169.254.169.254']) {
      assert.throws(() => here.read(`http://${host}/`), /or with http:\/\/ on this computer/, host);
    }
    assert.throws(() => here.read('https://10.0.0.1/'), /not public/);
    const moved = new WebhookAddresses({
      privateAllowed: true,
      development: true,
      resolve: addressesOf('8.8.8.8'),
    });
    await assert.rejects(moved.check(moved.read('http://localhost/')), /not on this computer/);
  });
});

test('a socket connects to the address that was checked, whatever the next answer would be', async () => {
  const server = createServer((socket) => socket.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const answers = [['127.0.0.1'], ['127.0.0.1'], ['8.8.8.8', '10.0.0.1'], []];
  let asked = 0;
  const guard = new WebhookAddresses({
    privateAllowed: false,
    development: true,
    resolve: () => addressesOf(...answers[asked++]!)(),
  });
  const url = guard.read('https://rebinding.example/');
  for (const autoSelectFamily of [true, false]) {
    const socket = connect({ host: url.hostname, port, lookup: guard.lookup(url), autoSelectFamily });
    await once(socket, 'connect');
    socket.destroy();
  }
  assert.equal(asked, 2);
  for (const message of [/not public/, /no address/]) {
    const socket = connect({ host: url.hostname, port, lookup: guard.lookup(url) });
    const [error] = await once(socket, 'error').catch((reason: unknown) => [reason]);
    assert.match((error as Error).message, message);
  }
  server.close();
});
