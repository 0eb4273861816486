import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { mutatedBytes, mutatedText } from './mutation.js';
import type { Random } from './random.js';

const methods = [
  'GET',
  'GET',
  'GET',
  'POST',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'PUT',
  'PATCH',
  'TRACE',
  'CONNECT',
  'QUERY',
  'get',
  'X',
];
const parts = [
  '%2e%2e',
  '..',
  '%00',
  '%',
  '%ff',
  '%0d%0aEvil-Header:%201',
  '%F0%9F%99%82',
  '//',
  '\\',
  '?',
  '#',
  ';',
  '*',
  '@',
  ':',
  '%2f',
  'x'.repeat(300),
];
const bodies = [
  '',
  '{}',
  'archiveMode=always',
  'a=b&a=c&__proto__=d',
  '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
  '\u0000',
];

/** What a request is made with. */
export interface RequestSeeds {
  /** Valid tokens, of any kind. */
  readonly tokens: readonly string[];
}

function path(random: Random): string {
  const session = random.chance(0.5) ? 'open' : 'lobby';
  const known = random.pick([
    '/',
    '/healthz',
    '/readyz',
    '/session-connection-count.js',
    '/v1/connect',
    `/v1/sessions/${session}/count`,
    `/v1/sessions/${session}/count.svg?label=%7Bcount%7D&lang=de`,
    `/v2/project/12345/session/${session}/connection`,
    `/v2/project/12345/session/${session}/connection/a.1`,
    '/session/create',
    '/playground/token?session=lobby',
    '/demo/index.html',
    'http://127.0.0.1/healthz',
  ]);
  const at = random.below(known.length + 1);
  return random.pick([
    known,
    known.slice(0, at) + random.pick(parts) + known.slice(at),
    known + random.pick(parts),
    mutatedText(random, known),
  ]);
}

function headers(random: Random, { tokens }: RequestSeeds): string[] {
  const token = random.chance(0.5) ? random.pick(tokens) : mutatedText(random, random.pick(tokens));
  const all = [
    `Authorization: Bearer ${token}`,
    `X-OPENTOK-AUTH: ${token}`,
    `X-Forwarded-For: ${random.pick(['::1', '::ffff:1.2.3.4', 'fe80::1%eth0', 'x', ',', '[::1]:80', '1:2:3:4:5:6:7::', '::'])}`,
    `Origin: ${random.pick(['null', 'https://a', 'http://[', 'a b', '', 'x:'])}`,
    `Accept: ${random.pick(['text/event-stream', '*/*', ''])}`,
    `Accept-Encoding: ${random.pick(['br', 'gzip;q=', 'br;q=9e99', '*', ','])}`,
    `If-None-Match: ${random.pick(['*', '"0-0"', 'W/"', ','])}`,
    `Content-Type: ${random.pick(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'multipart/form-data', 'x'])}`,
    `Content-Length: ${random.pick(['0', '2', '-1', '99999999', '0x10'])}`,
    `Transfer-Encoding: ${random.pick(['chunked', 'gzip', 'chunked, chunked'])}`,
    `Expect: ${random.pick(['100-continue', 'x'])}`,
    'Connection: Upgrade',
    `Upgrade: ${random.pick(['websocket', 'h2c', ''])}`,
    `Sec-WebSocket-Key: ${random.pick(['AAAAAAAAAAAAAAAAAAAAAA==', 'x', ''])}`,
    `Sec-WebSocket-Version: ${random.pick(['13', '8', '1e1'])}`,
    `Sec-WebSocket-Protocol: ${random.pick(['session-connection-count.1', 'a, a', ',', 'x'])}`,
    `Sec-WebSocket-Extensions: ${random.pick(['permessage-deflate', 'a; b="', ','])}`,
    `Host: ${random.pick(['evil.example', 'a b', '[', '', '127.0.0.1:99999'])}`,
    `X: ${'x'.repeat(random.below(20_000))}`,
  ];
  return all.filter(() => random.chance(0.2));
}

/** In ms: an answer that takes longer is waited for no more, since many requests deserve none. */
const patience = 500;

/**
 * Sends one request, in which anything may be wrong, and another behind it. Resolves to whether it was answered.
 * Fails where the server says that it is the server's fault.
 */
export async function fuzzRequest(random: Random, port: number, seeds: RequestSeeds): Promise<boolean> {
  const host = random.chance(0.9) ? ['Host: 127.0.0.1'] : [];
  const lines = [
    `${random.pick(methods)} ${path(random)} HTTP/1.${random.chance(0.95) ? 1 : 0}`,
    ...host,
    ...headers(random, seeds),
  ];
  const request = Buffer.from(`${lines.join('\r\n')}\r\n\r\n${random.pick(bodies)}`, 'latin1');
  const sent = random.chance(0.3) ? mutatedBytes(random, request) : request;
  const socket = connect({ port, host: '127.0.0.1' });
  const answer = await new Promise<string>((resolve) => {
    let text = '';
    const giveUp = setTimeout(() => socket.destroy(), patience);
    socket.setEncoding('latin1');
    socket.on('data', (part: string) => {
      text += part;
      // Of a stream that goes on and on the beginning is enough.
      if (/text\/event-stream/i.test(text) || / 101 /.test(text)) socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(giveUp);
      resolve(text);
    });
    socket.write(sent);
    socket.write('\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  });
  const fault = /^HTTP\/1\.1 5(?!01|03)\d\d/m.exec(answer)?.[0];
  assert.equal(fault, undefined, `${fault} to ${JSON.stringify(sent.toString('latin1'))}`);
  assert.doesNotMatch(answer, /^Evil-Header/m);
  assert.doesNotMatch(answer, /node:internal|\.[jt]s:\d+:\d+/, 'it tells of the inside');
  return answer !== '';
}
