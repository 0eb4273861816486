import { readFileSync, writeFileSync } from 'node:fs';

const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));

/** The words of a union of strings such as `"standard" | "compact"`. */
const wordsOf = (type) => [...type.matchAll(/"([^"]*)"/g)].map(([, word]) => word);

const markdown = (text) => ({ kind: 'markdown', value: text });

/** What VS Code completes and explains in HTML: https://github.com/microsoft/vscode-custom-data */
const htmlCustomData = (element) => ({
  version: 1.1,
  tags: [
    {
      name: element.tagName,
      description: markdown(element.description),
      attributes: element.attributes.map(({ name, description, type }) => ({
        name,
        description: markdown(description),
        ...(type.text === 'boolean' && { valueSet: 'v' }),
        ...(wordsOf(type.text).length && { values: wordsOf(type.text).map((name) => ({ name })) }),
      })),
    },
  ],
});

/** The same for CSS. */
const cssCustomData = ({ cssProperties, cssParts, cssStates }) => ({
  version: 1.1,
  properties: cssProperties.map(({ name, description }) => ({ name, description: markdown(description) })),
  pseudoElements: cssParts.map(({ name, description }) => ({
    name: `::part(${name})`,
    description: markdown(description),
  })),
  pseudoClasses: cssStates.map(({ name, description }) => ({
    name: `:state(${name})`,
    description: markdown(description),
  })),
});

/** What JetBrains' editors read: https://github.com/JetBrains/web-types */
const webTypes = (element) => ({
  $schema: 'https://json.schemastore.org/web-types',
  name,
  version,
  'js-types-syntax': 'typescript',
  'description-markup': 'markdown',
  contributions: {
    html: {
      elements: [
        {
          name: element.tagName,
          description: element.description,
          attributes: element.attributes.map(({ name, description, type, default: value }) => ({
            name,
            description,
            value: { type: type.text },
            required: false,
            ...(value && { default: value }),
          })),
          slots: element.slots.map(({ name, description }) => ({ name, description })),
          js: {
            properties: element.members
              .filter(({ kind, static: ofClass }) => kind === 'field' && !ofClass)
              .map(({ name, description, type, readonly }) => ({
                name,
                description,
                type: type.text,
                ...(readonly && { 'read-only': true }),
              })),
            events: element.events.map(({ name, description, type }) => ({
              name,
              description,
              type: type.text,
            })),
          },
          css: {
            properties: element.cssProperties.map(({ name, description }) => ({ name, description })),
            parts: element.cssParts.map(({ name, description }) => ({ name, description })),
          },
        },
      ],
    },
  },
});

const files = {
  'vscode.html-custom-data.json': htmlCustomData,
  'vscode.css-custom-data.json': cssCustomData,
  'web-types.json': webTypes,
};

/** Writes what editors know the element from, made of the manifest. */
export const editorData = {
  name: 'editor-data',
  packageLinkPhase({ customElementsManifest }) {
    const element = customElementsManifest.modules
      .flatMap(({ declarations }) => declarations)
      .find(({ customElement }) => customElement);
    for (const [file, data] of Object.entries(files)) {
      writeFileSync(`dist/${file}`, `${JSON.stringify(data(element), null, 2)}\n`);
    }
  },
};
