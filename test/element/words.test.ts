import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCount, languageOf, phrase, type Labels } from '../../src/element/words.js';

const labels =
  (words: Record<string, string>): Labels =>
  (form) =>
    words[form];

const say = (count: number, words: Record<string, string>, lang = 'en'): string =>
  phrase(count, labels(words), lang, 'standard').join('');

test('a number is written as its language writes it', () => {
  assert.equal(formatCount(1234567, 'en', 'standard'), '1,234,567');
  assert.equal(formatCount(1234567, 'de', 'standard'), '1.234.567');
  assert.equal(formatCount(1234, 'en', 'compact'), '1.2K');
  assert.equal(formatCount(12, 'ar-EG', 'standard'), '١٢');
});

test('what is no language tag is read as the own language', () => {
  for (const lang of ['', '_', 'not a language', 'en_US', '12345678901234']) {
    assert.equal(formatCount(7, lang, 'standard'), '7');
  }
});

test('formatters of many languages come and go', () => {
  for (let round = 0; round < 100; round++)
    assert.equal(formatCount(1234, `en-x-${round}abc`, 'standard'), '1,234');
});

test('without a label there is the number alone', () => {
  assert.deepEqual(phrase(5, labels({}), 'en', 'standard'), ['', '5', '']);
});

test('a label keeps its number apart', () => {
  assert.deepEqual(phrase(5, labels({ '': 'about {count} here' }), 'en', 'standard'), [
    'about ',
    '5',
    ' here',
  ]);
  assert.equal(say(1000, { '': '{count} of {count}' }), '1,000 of 1,000');
});

test('a label without a place for the number shows none', () => {
  assert.deepEqual(phrase(1, labels({ one: 'only you' }), 'en', 'standard'), ['only you', '', '']);
  assert.equal(say(3, { '': '' }), '');
});

test('exactly 0 takes the label for zero in every language', () => {
  for (const lang of ['en', 'ru', 'ar', 'ja', 'lv'])
    assert.equal(say(0, { zero: 'nobody', '': 'n' }, lang), 'nobody');
});

test('a number takes the label of its category, else other, else the plain one', () => {
  const russian = { one: '{count} зритель', few: '{count} зрителя', many: '{count} зрителей' };
  assert.equal(say(1, russian, 'ru'), '1 зритель');
  assert.equal(say(3, russian, 'ru'), '3 зрителя');
  assert.equal(say(5, russian, 'ru'), '5 зрителей');
  assert.equal(say(21, russian, 'ru'), '21 зритель');
  assert.equal(say(2, { one: 'x', other: '{count} others', '': 'plain' }), '2 others');
  assert.equal(say(2, { one: 'x', '': '{count} plain' }), '2 plain');
  assert.equal(say(0, { one: 'x', other: '{count} others' }), '0 others');
});

test('a category zero that holds more than 0 is never told a label for nobody', () => {
  const latvian = { zero: 'neviena', other: '{count} cilvēki' };
  assert.equal(say(10, latvian, 'lv'), '10 cilvēki');
  assert.equal(say(10, { zero: '{count} cilvēku', other: 'x' }, 'lv'), '10 cilvēku');
});

test('without a page the language is unknown or that of the runtime', () => {
  assert.equal(languageOf({} as Element), globalThis.navigator?.language);
});
