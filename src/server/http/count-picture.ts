/** What a picture of a count shows. */
export interface CountPicture {
  readonly count: number;
  /** Words with `{count}` in them. Default: the number alone. */
  readonly label?: string | undefined;
  /** Language of the number. Default: English. */
  readonly lang?: string | undefined;
}

/** In pixels. */
const fontSize = 14;
const height = 20;
const baseline = 15;
const indicator = 6;
const gap = 5;

/** Longer labels are cut off, in characters. */
const longestLabel = 100;

/** Widths of Arial's and Helvetica's letters, in thousandths of the font size; of what isn't here, the average. */
const widths: readonly [characters: string, width: number][] = [
  ["ijl'|", 222],
  ['Ift !,./:;\\[]', 278],
  ['r()-`', 333],
  ['"', 355],
  ['*', 389],
  ['ckszJvxy', 500],
  ['abdeghnopqu0123456789?_$#L', 556],
  ['+<=>~', 584],
  ['FTZ', 611],
  ['ABEKPSVXY&', 667],
  ['CDHNRUw', 722],
  ['GOQ', 778],
  ['mM', 833],
  ['%', 889],
  ['W', 944],
  ['@', 1015],
];
const averageWidth = 600;
/** Of scripts whose letters fill a square. */
const fullWidth = 1000;

const widthOf = (character: string): number =>
  widths.find(([characters]) => characters.includes(character))?.[1] ??
  (/[\u1100-\u11ff\u2e80-\ud7ff\uf900-\ufaff\uff00-\uff60]|\p{Extended_Pictographic}/u.test(character)
    ? fullWidth
    : averageWidth);

const escapeXml = (text: string): string =>
  text
    // What XML can't hold, escaped or not: most control characters, and halves of surrogate pairs.
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

function format(count: number, lang: string | undefined): string {
  try {
    return new Intl.NumberFormat(lang ?? 'en').format(count);
  } catch {
    // Not a language tag.
    return new Intl.NumberFormat('en').format(count);
  }
}

/**
 * Draws a count as SVG, as the element looks: a dot, the number and words, in black or, where the reader has a dark
 * scheme, in white. The text is given its width, so that it fits whatever font the reader has.
 */
export function countPicture({ count, label = '{count}', lang }: CountPicture): string {
  const number = format(count, lang);
  const characters = [...[...label].slice(0, longestLabel).join('').replaceAll('{count}', number)];
  const text = escapeXml(characters.join(''));
  const units = characters.reduce((sum, character) => sum + widthOf(character), 0);
  const length = Math.max(1, Math.round((units * fontSize) / 1000));
  const left = indicator + gap;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${left + length}" height="${height}" role="img" aria-label="${text}">\
<title>${text}</title>\
<style>:root{fill:#000}@media(prefers-color-scheme:dark){:root{fill:#fff}}</style>\
<circle cx="${indicator / 2}" cy="${height / 2}" r="${indicator / 2}"/>\
<text x="${left}" y="${baseline}" font-family="Helvetica,Arial,sans-serif" font-size="${fontSize}" textLength="${length}" lengthAdjust="spacingAndGlyphs">${text}</text>\
</svg>
`;
}
