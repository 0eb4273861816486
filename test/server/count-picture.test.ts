import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countPicture } from '../../src/server/http/count-picture.js';

const widthOf = (svg: string): number => Number(/ width="(\d+)"/.exec(svg)![1]);

test('the number is written as its language writes it, English for one that is none', () => {
  assert.match(countPicture({ count: 1234 }), />1,234<\/text>/);
  assert.match(countPicture({ count: 1234, lang: 'de' }), />1\.234<\/text>/);
  assert.match(countPicture({ count: 1234, lang: 'not a language' }), />1,234<\/text>/);
});

test('the picture is as wide as its text', () => {
  const narrow = widthOf(countPicture({ count: 1, label: 'ill' }));
  const wide = widthOf(countPicture({ count: 1, label: 'WWW' }));
  assert.ok(wide > narrow * 1.8, `${narrow}, ${wide}`);
  assert.ok(widthOf(countPicture({ count: 1, label: '人数人数' })) > 4 * 14);
});

test('no label does harm', () => {
  for (const label of ['<script>', '"\'&', '\u0000\ud800x', 'x'.repeat(5000), '', '{count}'.repeat(50)]) {
    const svg = countPicture({ count: 5, label });
    for (const harm of ['<script', '\u0000', '\ud800']) assert.ok(!svg.includes(harm));
    assert.ok(svg.length < 4000, `${svg.length} characters of ${label.slice(0, 10)}`);
  }
});
