import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import {
  isSessionId,
  parseClientFrame,
  parseServerFrame,
  SessionError,
  type ClientFrame,
  type ServerFrame,
} from '../../src/protocol/index.js';

const connection = { connectionId: 'a.1', creationTime: 1, data: 'x' };
const total = { epoch: 1, seq: 2, count: 3 };
const clientFrames: ClientFrame[] = [
  { type: 'join', sessionId: 's', token: 't', apiKey: 'k', key: 'x', observe: true, detail: 'count' },
  { type: 'join', sessionId: 's', key: 'x', detail: 'connections' },
  { type: 'leave' },
  { type: 'forceDisconnect', id: 1, connectionId: 'a' },
  { type: 'sync', epoch: 0, seq: 0, detail: 'connections' },
  { type: 'visibility', state: 'frozen' },
];
const serverFrames: ServerFrame[] = [
  { type: 'joined', connection, role: 'moderator', resumed: true, heartbeat: 25_000, ...total },
  { type: 'count', stale: true, ...total },
  {
    type: 'change',
    from: 1,
    created: [connection],
    destroyed: [{ reason: 'networkDisconnected', connections: ['b'] }],
    ...total,
  },
  { type: 'snapshot', connections: [connection], page: 0, pages: 1, ...total },
  { type: 'detail', detail: 'count' },
  { type: 'drain' },
  { type: 'result', id: 1 },
  { type: 'error', id: 1, name: 'N', code: 1004, message: 'm', fatal: true, retryAfter: 5 },
];

suite('frames', () => {
  test('of either side are read as they were written', () => {
    for (const frame of clientFrames) assert.deepEqual(parseClientFrame(JSON.stringify(frame)), frame);
    for (const frame of serverFrames) assert.deepEqual(parseServerFrame(JSON.stringify(frame)), frame);
  });

  test('lose the fields that this version does not know', () => {
    const frame = parseClientFrame('{"type":"leave","later":1,"__proto__":{"polluted":true}}');
    assert.deepEqual(Object.keys(frame), ['type']);
    assert.equal('polluted' in frame, false);
  });

  test('with a field that is missing or of another type are refused by its name', () => {
    for (const [parse, frames] of [
      [parseClientFrame, clientFrames],
      [parseServerFrame, serverFrames],
    ] as const) {
      for (const frame of frames) {
        for (const field of Object.keys(frame)) {
          const broken = JSON.stringify({ ...frame, [field]: { not: 'this' } });
          assert.throws(() => parse(broken), { code: 2001, message: new RegExp(`"${field}"`) });
        }
      }
    }
  });

  test('never come out of anything else, and nothing but a SessionError does', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom('null', '[]', '{"type":"constructor"}', '{"type":[]}', '{"type":{"toString":1}}'),
    );
    fc.assert(
      fc.property(texts, (text) => {
        for (const parse of [parseClientFrame, parseServerFrame])
          assert.throws(() => parse(text), SessionError);
      }),
    );
  });
});

test('session ids have 1 to 255 characters and no control characters', () => {
  for (const id of ['a', '2_MX4xMzExMjU3MX5-MTQ3MDI1NzY3OTkxOH45QXRr', 'ä {path} 🙂', 'x'.repeat(255)]) {
    assert.equal(isSessionId(id), true, id);
  }
  for (const id of ['', 'a\nb', '\u0000', 'a\u007f', '\u0085', 'x'.repeat(256)])
    assert.equal(isSessionId(id), false, id);
});
