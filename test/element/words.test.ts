import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCount, phrase, type Labels } from '../../src/element/words.js';

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

test('each of the categories that a language has takes its own label', () => {
  const forms = ['zero', 'one', 'two', 'few', 'many', 'other'];
  const words = Object.fromEntries(forms.map((form) => [form, `{count} ${form}`]));
  for (const [lang, ...said] of [
    ['ar', '0 zero', '1 one', '2 two', '3 few', '11 many', '100 other', '103 few'],
    ['cy', '0 zero', '1 one', '2 two', '3 few', '6 many', '4 other'],
    ['pl', '0 zero', '1 one', '2 few', '5 many', '12 many', '22 few'],
    ['lv', '0 zero', '1 one', '2 other', '10 zero', '11 zero', '21 one'],
    ['fr', '0 zero', '1 one', '2 other', '1000000 many', '1000001 other'],
    ['ja', '0 zero', '1 other', '2 other'],
  ] as const) {
    for (const expected of said) {
      const [count, form] = expected.split(' ');
      // In digits that are the same everywhere.
      const text = phrase(Number(count), labels(words), `${lang}-u-nu-latn`, 'standard');
      assert.equal(text[2].trim(), form, `${count} in ${lang}`);
    }
  }
});

test('0 without a label for zero takes that of its category', () => {
  const french = { one: '{count} personne', other: '{count} personnes' };
  assert.equal(say(0, french, 'fr'), '0 personne');
  assert.equal(say(0, french, 'en'), '0 personnes');
});

test('a label without its number is never told of another number than it names', () => {
  const latvian = { zero: 'neviena', other: '{count} cilvēki' };
  assert.equal(say(10, latvian, 'lv'), '10 cilvēki');
  assert.equal(say(10, { zero: '{count} cilvēku', other: 'x' }, 'lv'), '10 cilvēku');
  const russian = { one: 'один зритель', many: 'много зрителей', '': 'Зрители: {count}' };
  assert.equal(say(1, russian, 'ru'), 'один зритель');
  assert.equal(say(21, russian, 'ru'), 'Зрители: 21');
  assert.equal(say(5, russian, 'ru'), 'много зрителей');
  const slovenian = { two: 'dva gledalca', other: '{count} gledalcev' };
  assert.equal(say(2, slovenian, 'sl'), 'dva gledalca');
  assert.equal(say(102, slovenian, 'sl'), '102 gledalcev');
  assert.equal(say(0, { one: 'une personne', other: '{count} personnes' }, 'fr'), '0 personnes');
});

test('a label may be empty in any of its forms', () => {
  assert.equal(say(5, { other: '', '': '{count} plain' }), '');
  assert.equal(say(0, { zero: '', other: '{count}' }), '');
});

test('a short number takes the category of what is written, where the runtime knows it', () => {
  const words = { one: '{count} (one)', many: '{count} (many)', other: '{count} (other)' };
  const knows = 'notation' in new Intl.PluralRules('fr', { notation: 'compact' } as object).resolvedOptions();
  const [before, text, after] = phrase(1_500_000, labels(words), 'fr', 'compact');
  assert.match(text, /^1,5\sM$/);
  assert.equal(before + after, knows ? ' (many)' : ' (other)');
  assert.equal(phrase(1_500_000, labels(words), 'fr', 'standard')[2], ' (other)');
});

test('digits are those of the language, or those that its tag asks for', () => {
  for (const [lang, digits] of [
    ['ar-EG', '١٬٢٣٤٬٥٦٧'],
    ['fa', '۱٬۲۳۴٬۵۶۷'],
    ['bn', '১২,৩৪,৫৬৭'],
    ['hi', '12,34,567'],
    ['hi-IN-u-nu-deva', '१२,३४,५६७'],
    ['ar-u-nu-latn', '1,234,567'],
  ] as const)
    assert.equal(formatCount(1234567, lang, 'standard'), digits);
});
