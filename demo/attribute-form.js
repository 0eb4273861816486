import { phrases } from './phrases.js';

const firstNames =
  'Ada Alan Annie Barbara Betty Dennis Donald Edsger Emmy Evelyn Frances Grace Hedy Jean Joan Karen Katherine Ken Lynn Margaret Mary Niklaus Radia Shafi Sophie Tony'.split(
    ' ',
  );

const nameKey = 'playground-name';

/**
 * The form of the attributes. Its controls are named as the attributes, but for `role` and `data`, which
 * a token carries. What is chosen stays in the page's address, so that a reload and a link keep it; but the
 * data is the tab's name, and stays with the tab.
 */
export class AttributeForm {
  #form;

  /** @param onChange Called after each change. */
  constructor(form, onChange) {
    this.#form = form;
    const { data, lang } = form.elements;
    data.value = sessionStorage.getItem(nameKey) ?? firstNames[Math.floor(Math.random() * firstNames.length)];
    this.#readAddress();
    this.#showCategories();
    sessionStorage.setItem(nameKey, data.value);
    const changed = () => {
      sessionStorage.setItem(nameKey, data.value);
      this.#writeAddress();
      onChange();
    };
    lang.addEventListener('input', () => this.#fillPhrases());
    form.addEventListener('input', changed);
    form.addEventListener('submit', (event) => event.preventDefault());
    form.addEventListener('reset', (event) => {
      event.preventDefault();
      for (const control of this.#controls) {
        if (control !== data) setValue(control, usualValue(control));
      }
      this.#showCategories();
      changed();
    });
  }

  /** What a token is to be made for. */
  get grant() {
    const { 'session-id': session, role, data } = this.#form.elements;
    return { session: session.value, role: role.value, data: data.value };
  }

  /** The other attributes by name; undefined for one that is not to be there. */
  get attributes() {
    const chosen = this.#controls.filter(({ name }) => !['session-id', 'role', 'data'].includes(name));
    return Object.fromEntries(
      chosen.map((control) => [
        control.name,
        control.type === 'checkbox' ? (control.checked ? '' : undefined) : control.value || undefined,
      ]),
    );
  }

  get #controls() {
    return [...this.#form.elements].filter(({ name }) => name);
  }

  #fillPhrases() {
    const { elements } = this.#form;
    const phrase = phrases[elements.lang.value];
    for (const { name } of this.#controls) {
      if (name === 'dir' || name.startsWith('label')) elements[name].value = phrase[name] ?? '';
    }
    this.#showCategories();
  }

  /** Offers the labels that the language has a use for. */
  #showCategories() {
    const lang = this.#form.elements.lang.value || document.documentElement.lang;
    const { pluralCategories } = new Intl.PluralRules(lang).resolvedOptions();
    for (const control of this.#controls) {
      const [, category] = /^label-(.*)/.exec(control.name) ?? [];
      if (category) {
        control.closest('label').hidden = category !== 'zero' && !pluralCategories.includes(category);
      }
    }
  }

  #readAddress() {
    const { searchParams } = new URL(location.href);
    for (const control of this.#controls) {
      const value = searchParams.get(control.name);
      if (value !== null) setValue(control, value);
    }
  }

  #writeAddress() {
    const chosen = this.#controls
      .filter((control) => control.name !== 'data' && currentValue(control) !== usualValue(control))
      .map((control) => [control.name, currentValue(control)]);
    const address = new URL(location.href);
    address.search = new URLSearchParams(chosen);
    history.replaceState(null, '', address);
  }
}

const currentValue = (control) => (control.type === 'checkbox' ? String(control.checked) : control.value);

function usualValue(control) {
  if (control.type === 'checkbox') return String(control.defaultChecked);
  if (!control.options) return control.defaultValue;
  return (control.querySelector('option[selected]') ?? control.options[0]).value;
}

function setValue(control, value) {
  if (control.type === 'checkbox') control.checked = value === 'true';
  else control.value = value;
}
