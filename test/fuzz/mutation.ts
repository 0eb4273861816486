import type { Random } from './random.js';

/** Bytes of which many readers think more than of others. */
const specialBytes = [0, 9, 10, 13, 32, 34, 37, 47, 58, 61, 92, 123, 125, 127, 128, 0xc0, 0xed, 0xff];

/** A copy of some bytes with a few of them changed, left out, doubled or put in. */
export function mutatedBytes(random: Random, bytes: Buffer): Buffer {
  let changed = Buffer.from(bytes);
  for (let times = 1 + random.below(3); times > 0; times--) {
    const at = random.below(changed.length + 1);
    const end = at + random.below(8);
    const head = changed.subarray(0, at);
    const put = Buffer.from([random.chance(0.5) ? random.pick(specialBytes) : random.below(256)]);
    switch (random.below(6)) {
      case 0:
        if (at < changed.length) changed[at]! ^= 1 << random.below(8);
        break;
      case 1:
        changed = Buffer.from(head);
        break;
      case 2:
        changed = Buffer.concat([head, changed.subarray(end)]);
        break;
      case 3:
        changed = Buffer.concat([head, changed.subarray(at, end), changed.subarray(at)]);
        break;
      case 4:
        changed = Buffer.concat([head, put, changed.subarray(at)]);
        break;
      default:
        changed = Buffer.concat([head, put, changed.subarray(at + 1)]);
    }
  }
  return changed;
}

/** A text whose bytes were changed. */
export const mutatedText = (random: Random, text: string): string =>
  mutatedBytes(random, Buffer.from(text)).toString(random.chance(0.5) ? 'utf8' : 'latin1');

const names = ['__proto__', 'constructor', 'toString', 'type', 'id', 'key', 'count', 'then', ''];

/** Values as JSON texts, among them some that no value of JavaScript is written as. */
function oddValue(random: Random): string {
  const depth = 1 + random.below(random.chance(0.1) ? 3000 : 10);
  return random.pick([
    () => 'null',
    () => 'true',
    () => '-0',
    () => '1e309',
    () => '-1e309',
    () => '9007199254740993',
    () => '0.1',
    () => `${random.below(1000)}`,
    () => '""',
    () => '"\\ud800"',
    () => '"\\u0000\\n\\u2028"',
    () => '"__proto__"',
    () => '{"toString":1,"valueOf":null}',
    () => '{"__proto__":{"polluted":true}}',
    () => '{"length":1e9}',
    () => `"${'x'.repeat(random.below(random.chance(0.02) ? 60_000 : 300))}"`,
    () => '['.repeat(depth) + ']'.repeat(depth),
    () => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth),
  ])();
}

/** JSON text of an object, in which fields have other values, are there twice, under other names, or not at all. */
export function mutatedJson(random: Random, value: object): string {
  const fields = Object.entries(value).map(([name, content]): [string, string] => [
    JSON.stringify(name),
    typeof content === 'object' && content !== null && random.chance(0.5)
      ? mutatedJson(random, content as object)
      : JSON.stringify(content),
  ]);
  for (let times = 1 + random.below(2); times > 0; times--) {
    const at = random.below(fields.length);
    const field = fields[at] ?? ['"type"', 'null'];
    switch (random.below(5)) {
      case 0:
        fields.splice(at, 1);
        break;
      case 1:
        fields.push([field[0], oddValue(random)]);
        break;
      case 2:
        fields.push([JSON.stringify(random.pick(names)), oddValue(random)]);
        break;
      case 3:
        fields.splice(at, 1, [JSON.stringify(random.pick(names)), field[1]]);
        break;
      default:
        fields.splice(at, 1, [field[0], oddValue(random)]);
    }
  }
  const text = fields.map(([name, content]) => `${name}:${content}`).join();
  return Array.isArray(value) ? `[${fields.map(([, content]) => content).join()}]` : `{${text}}`;
}
