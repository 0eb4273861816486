import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedTextFrame, textFrame } from '../../src/server/socket/text-frame.js';

for (const [text, header] of [
  ['', [0x81, 0]],
  ['é', [0x81, 2]],
  ['x'.repeat(125), [0x81, 125]],
  ['x'.repeat(126), [0x81, 126, 0, 126]],
  ['é'.repeat(32_767), [0x81, 126, 0xff, 0xfe]],
  ['x'.repeat(65_535), [0x81, 126, 0xff, 0xff]],
  ['é'.repeat(32_768), [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
] as const) {
  const bytes = Buffer.byteLength(text);
  test(`a text of ${bytes} bytes is framed as RFC 6455 says`, () => {
    assert.deepEqual(textFrame(text), Buffer.concat([Buffer.from(header), Buffer.from(text)]));
  });
}

test('a text that goes to many is framed once, and each text as itself', () => {
  const one = sharedTextFrame('one');
  assert.equal(sharedTextFrame(['o', 'ne'].join('')), one);
  assert.deepEqual(sharedTextFrame('two'), textFrame('two'));
  assert.deepEqual(sharedTextFrame('one'), textFrame('one'));
});
