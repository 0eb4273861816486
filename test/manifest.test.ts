import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { SessionConnectionCountElement } from '../src/element/index.js';
import { sectionOf, tableOf } from './readme.js';

interface Named {
  name: string;
  description?: string;
  default?: string;
}

interface Member extends Named {
  kind: 'field' | 'method';
  attribute?: string;
  readonly?: boolean;
  static?: boolean;
}

interface ElementDeclaration {
  attributes: (Named & { fieldName?: string; type: { text: string } })[];
  members: Member[];
  events: (Named & { type: { text: string } })[];
  slots: Named[];
  cssParts: Named[];
  cssProperties: Named[];
  cssStates: Named[];
}

const json = <Content>(path: string): Content => JSON.parse(readFileSync(path, 'utf8')) as Content;
const element = json<{ modules: { declarations: ElementDeclaration[] }[] }>('custom-elements.json')
  .modules[0]!.declarations[0]!;

/** What stands between backticks. */
const codeIn = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);

const namesOf = (list: readonly Named[]): string[] => list.map(({ name }) => name);

const assertSame = (actual: readonly string[], expected: readonly string[]): void =>
  assert.deepEqual([...actual].sort(), [...expected].sort());

suite('custom-elements.json says what the README says', () => {
  test('of attributes and their defaults', () => {
    const told = tableOf('Attributes').flatMap(({ attribute, default: value }) => {
      const [first, ...others] = codeIn(attribute!);
      const stem = first!.replace(/-[^-]*$/, '');
      return [first!, ...others.map((rest) => stem + rest)].map((name) => ({ name, value: value! }));
    });
    assertSame(
      told.map(({ name }) => name),
      namesOf(element.attributes),
    );
    for (const { name, default: value } of element.attributes) {
      const { value: words } = told.find((each) => each.name === name)!;
      assert.equal(/^`([^`]+)`$/.exec(words)?.[1], value, name);
    }
  });

  test('of properties and methods', () => {
    const told = tableOf('Properties and methods').flatMap(({ member }) => codeIn(member!));
    const own = element.members.filter(({ attribute }) => !attribute);
    assertSame(
      told,
      own.map(
        ({ name, kind, static: ofClass }) =>
          `${ofClass ? 'SessionConnectionCountElement.' : ''}${name}${kind === 'method' ? '()' : ''}`,
      ),
    );
    const readOnly = tableOf('Properties and methods').find((row) =>
      row['what it is']!.includes('read-only'),
    )!;
    for (const name of codeIn(readOnly.member!)) {
      assert.equal(own.find((each) => each.name === name)?.readonly, true, name);
    }
  });

  test('of events and their details', () => {
    const rows = tableOf('Events');
    assertSame(
      rows.flatMap(({ event }) => codeIn(event!)),
      namesOf(element.events),
    );
    const details = readFileSync('dist/element/event-details.d.ts', 'utf8');
    for (const { event, '`detail`': detail } of rows) {
      const { type } = element.events.find(({ name }) => name === codeIn(event!)[0])!;
      const [, detailType] = /^CustomEvent<(.*)>$/.exec(type.text)!;
      const [, body] = new RegExp(`interface ${detailType} \\{([^}]*)\\}`).exec(details)!;
      const members = [...body!.matchAll(/^ {4}(\w+):/gm)].map(([, name]) => name!);
      assertSame(codeIn(detail!)[0]!.slice(1, -1).split(', '), members);
    }
  });

  test('of parts, custom properties and states', () => {
    const rows = tableOf('Styling').map((row) => Object.values(row));
    const told = rows.flatMap(([names, words]) =>
      // One row has all states.
      names === '`:state(…)`'
        ? codeIn(words!).flatMap((name) => (name === ':state()' ? [] : `:state(${name})`))
        : codeIn(names!),
    );
    assertSame(told, [
      ...namesOf(element.cssParts).map((name) => `::part(${name})`),
      ...namesOf(element.cssProperties),
      ...namesOf(element.cssStates).map((name) => `:state(${name})`),
    ]);
    for (const { name, default: value } of element.cssProperties) {
      const row = rows.find(([names]) => codeIn(names!).includes(name))!;
      assert.deepEqual(codeIn(row.at(-1)!), [value], name);
    }
    const shown = tableOf('What it shows when').flatMap(({ state }) => codeIn(state!));
    assertSame([...shown, 'stale'], namesOf(element.cssStates));
  });

  test('of what stands between the tags', () => {
    assert.deepEqual(namesOf(element.slots), ['']);
    assert.match(
      sectionOf('Attributes'),
      /What stands\s+between\s+the tags is shown until there is a number/,
    );
  });
});

suite('custom-elements.json', () => {
  test('has the attributes that the class observes, each with its property', () => {
    assertSame(namesOf(element.attributes), SessionConnectionCountElement.observedAttributes);
    for (const { name, fieldName } of element.attributes.filter(({ name }) => name !== 'lang')) {
      const property = SessionConnectionCountElement.elementProperties.get(fieldName!);
      assert.equal(property?.attribute, name);
      assert.equal(element.members.find((member) => member.name === fieldName)?.attribute, name);
    }
  });

  test('describes everything in it', () => {
    const { attributes, members, events, slots, cssParts, cssProperties, cssStates } = element;
    for (const each of [attributes, members, events, slots, cssParts, cssProperties, cssStates].flat()) {
      assert.ok(each.description, each.name);
    }
  });

  test('is what editors are told', () => {
    const html = json<{ tags: [{ name: string; attributes: Named[] }] }>('dist/vscode.html-custom-data.json');
    assert.equal(html.tags[0].name, 'session-connection-count');
    assertSame(namesOf(html.tags[0].attributes), namesOf(element.attributes));
    const css = json<Record<'properties' | 'pseudoElements' | 'pseudoClasses', Named[]>>(
      'dist/vscode.css-custom-data.json',
    );
    assertSame(namesOf(css.properties), namesOf(element.cssProperties));
    assert.equal(css.pseudoElements.length, element.cssParts.length);
    assert.equal(css.pseudoClasses.length, element.cssStates.length);
    const { name, version, contributions } = json<{
      name: string;
      version: string;
      contributions: {
        html: { elements: [{ attributes: Named[]; js: { properties: Named[]; events: Named[] } }] };
      };
    }>('dist/web-types.json');
    const self = json<{ name: string; version: string }>('package.json');
    assert.deepEqual([name, version], [self.name, self.version]);
    const [{ attributes, js }] = contributions.html.elements;
    assertSame(namesOf(attributes), namesOf(element.attributes));
    assertSame(namesOf(js.events), namesOf(element.events));
    assertSame(
      namesOf(js.properties),
      namesOf(element.members.filter((member) => member.kind === 'field' && !member.static)),
    );
  });
});
