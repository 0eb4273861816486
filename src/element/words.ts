/** How a number is written: in full, or short as in 1.2K. */
export type Notation = 'standard' | 'compact';

/** A label with its number apart, so that each gets an element of its own. The number is empty where there is none in the label. */
export type Phrase = [before: string, number: string, after: string];

/** The label for a form: `zero` to `other` as the attributes `label-*`; for an empty form, `label`. */
export type Labels = (form: string) => string | null | undefined;

interface Formatters {
  number: Intl.NumberFormat;
  plural: Intl.PluralRules;
}

// Building these is what costs. Few languages meet on one page, but a page may change its language for ever.
const mostFormatters = 20;
const known = new Map<string, Formatters>();

function formattersOf(lang: string | undefined, notation?: Notation): Formatters {
  const name = `${lang} ${notation}`;
  let formatters = known.get(name);
  if (!formatters) {
    const options: Intl.NumberFormatOptions = { notation };
    const build = (locale?: string): Formatters => ({
      number: new Intl.NumberFormat(locale, options),
      plural: new Intl.PluralRules(locale, options),
    });
    try {
      formatters = build(lang);
    } catch {
      // Not a language tag: the browser's own language.
      formatters = build();
    }
    if (known.size === mostFormatters) known.clear();
    known.set(name, formatters);
  }
  return formatters;
}

/** A number as its language writes it. */
export const formatCount = (count: number, lang: string | undefined, notation?: Notation): string =>
  formattersOf(lang, notation).number.format(count);

/**
 * Puts a number into words. Exactly 0 takes the label for `zero` in every language; any other number that
 * of its plural category (CLDR), else that for `other`, else the plain one; without any, the number alone.
 */
export function phrase(count: number, labels: Labels, lang: string | undefined, notation?: Notation): Phrase {
  const text = formatCount(count, lang, notation);
  const category = formattersOf(lang, notation).plural.select(count);
  const special = labels(count ? category : 'zero');
  // Latvian, for one, has 10 in the category `zero`: a label such as "nobody" would be a lie there.
  const fits = !count || category !== 'zero' || special?.includes('{count}');
  const label = (fits ? special : undefined) ?? labels('other') ?? labels('') ?? '{count}';
  const [before = '', ...rest] = label.split('{count}');
  return [before, rest.length ? text : '', rest.join(text)];
}

/**
 * The language that holds for an element: the nearest `lang` attribute, across shadow roots, else the
 * browser's. May be no valid language tag, since it is the page's.
 */
export function languageOf(element: Element): string | undefined {
  let node: Element | undefined = element;
  while (node?.closest) {
    const nearest = node.closest('[lang]');
    if (nearest) return nearest.getAttribute('lang')!;
    node = (node.getRootNode() as Partial<ShadowRoot>).host;
  }
  return globalThis.navigator?.language;
}
