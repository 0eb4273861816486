import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { format } from 'prettier';
import type { TestedPlatform } from './platform.js';
import { platforms } from './platforms/index.js';

const file = new URL('../../README.md', import.meta.url);
const [begin, end] = ['<!-- platforms: begin -->\n', '<!-- platforms: end -->'];

const rowOf = ({
  adapter,
  entry,
  lists,
  selfCounted,
  inexact,
  reasons,
  tested,
}: TestedPlatform): string[] => [
  adapter.platform,
  adapter.object,
  `\`${entry}\``,
  lists ? 'who and how many' : 'how many',
  selfCounted ? 'yes' : 'no',
  inexact ?? 'yes',
  reasons.length === 0 ? 'none' : reasons.length === 3 ? 'all' : reasons.join(', '),
  tested.map(({ against }) => against).join('; '),
];

/** What the README's table of platforms has to be, by what they promise and are tested against. */
export async function readmeWithTable(): Promise<string> {
  const readme = readFileSync(file, 'utf8');
  const head = [
    'platform',
    'object',
    'entry',
    'tells',
    'you are counted',
    'exact',
    'reasons',
    'tested against',
  ];
  const lines = [head, head.map(() => '---'), ...platforms.map(rowOf)].map(
    (cells) => `| ${cells.join(' | ')} |`,
  );
  const table = await format(lines.join('\n'), { parser: 'markdown' });
  const [before, rest] = readme.split(begin);
  return `${before}${begin}\n${table}\n${end}${rest!.split(end)[1]}`;
}

// node --import tsx test/adapters/table.ts
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(file, await readmeWithTable());
}
