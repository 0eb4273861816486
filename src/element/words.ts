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

/** The numbers that categories are named for. */
const named: Record<string, number> = { zero: 0, one: 1, two: 2 };

/**
 * Puts a number into words. Exactly 0 takes the label for `zero` in every language; else a number takes that of
 * its plural category (CLDR), else that for `other`, else the plain one; without any, the number alone. A label
 * for `zero`, `one` or `two` that doesn't have the number in it is for that number alone.
 */
export function phrase(count: number, labels: Labels, lang: string | undefined, notation?: Notation): Phrase {
  const text = formatCount(count, lang, notation);
  const category = formattersOf(lang, notation).plural.select(count);
  // Latvian has 10 in `zero`, Russian 21 in `one`: a label such as "nobody" or "one viewer" would be a lie there.
  const fitting = (form: string): string | null | undefined =>
    (named[form] ?? count) === count || /{count}/.test(labels(form)!) ? labels(form) : undefined;
  const label =
    fitting(count ? category : 'zero') ?? fitting(category) ?? fitting('other') ?? fitting('') ?? '{count}';
  const [before = '', ...rest] = String(label).split('{count}');
  return [before, rest.length ? text : '', rest.join(text)];
}
