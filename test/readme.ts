import { readFileSync } from 'node:fs';

/** What stands below a heading of the README, up to the next one of its rank or above. */
export function sectionOf(heading: string): string {
  const lines = readFileSync(new URL('../README.md', import.meta.url), 'utf8').split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading);
  if (start < 0) throw new Error(`The README has no section "${heading}"`);
  const [{ length: rank }] = /^#+/.exec(lines[start]!)!;
  // In code, a line that starts like a heading is a comment.
  let fenced = false;
  const end = lines.findIndex((line, index) => {
    if (line.startsWith('```')) fenced = !fenced;
    return index > start && !fenced && new RegExp(`^#{1,${rank}} `).test(line);
  });
  return lines.slice(start + 1, end < 0 ? undefined : end).join('\n');
}

/** The rows of the first table below a heading, by the words at the head of their columns. */
export function tableOf(heading: string): Record<string, string>[] {
  const lines = sectionOf(heading).split('\n');
  const start = lines.findIndex((line) => line.startsWith('|'));
  const length = lines.slice(start).findIndex((line) => !line.startsWith('|'));
  const cells = (line: string): string[] =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim());
  const [head, , ...rows] = lines.slice(start, start + length).map(cells);
  return rows.map((row) => Object.fromEntries(row.map((cell, column) => [head![column] || column, cell])));
}

/** The first piece of code in a language below a heading. */
export function codeOf(heading: string, language: string): string {
  const match = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'm').exec(sectionOf(heading));
  if (!match) throw new Error(`The README has no ${language} below "${heading}"`);
  return match[1]!;
}
