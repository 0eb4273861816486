import { cpSync, writeFileSync } from 'node:fs';

const folder = 'dist/frameworks';

const member = ({ name, description, type }) =>
  `  /** ${description} */\n  '${name}'?: ${type} | null | undefined;\n`;

const source = ({ attributes, events }) => `import type {} from '../element/event-details.js';

/**
 * The attributes of the element.
 *
 * @typeParam Flag What an attribute without a value may be given.
 */
export interface Attributes<Flag = boolean> {
${attributes
  .map((attribute) => {
    const { text } = attribute.type;
    return member({ ...attribute, type: text === 'boolean' ? 'Flag' : text });
  })
  .join('')}}

/** The events of the element. */
export type Events = Pick<HTMLElementEventMap, ${events.map(({ name }) => `'${name}'`).join(' | ')}>;
`;

/** Writes the types that the element has in the markup of frameworks: what they share is made of the manifest. */
export const frameworkTypes = {
  name: 'framework-types',
  packageLinkPhase({ customElementsManifest }) {
    const element = customElementsManifest.modules
      .flatMap(({ declarations }) => declarations)
      .find(({ customElement }) => customElement);
    cpSync('src/frameworks', folder, { recursive: true });
    writeFileSync(`${folder}/attributes.d.ts`, source(element));
  },
};
