import { editorData } from './build/editor-data.mjs';
import { frameworkTypes } from './build/framework-types.mjs';

/** Keeps to what is documented, and names the files that the package ships, not those they are made of. */
const publishedFace = {
  name: 'published-face',
  packageLinkPhase({ customElementsManifest }) {
    for (const { declarations } of customElementsManifest.modules) {
      for (const declaration of declarations) {
        declaration.members = declaration.members?.filter(({ privacy }) => privacy !== 'private');
        declaration.events = declaration.events?.filter(({ description }) => description);
      }
    }
    const text = JSON.stringify(customElementsManifest);
    const shipped = JSON.parse(text.replace(/"(\/?)src\/([^"]*)\.ts"/g, '"$1dist/$2.js"'));
    Object.assign(customElementsManifest, shipped);
    const [{ path: module, declarations }] = shipped.modules;
    const [{ name, tagName }] = declarations;
    const definition = { kind: 'custom-element-definition', name: tagName, declaration: { name, module } };
    shipped.modules.push({
      kind: 'javascript-module',
      path: 'dist/index.js',
      declarations: [],
      exports: [definition],
    });
  },
};

/** Ties attributes and properties together: the analyzer doesn't see through the function that declares them. */
const attributesAndProperties = {
  name: 'attributes-and-properties',
  packageLinkPhase({ customElementsManifest }) {
    for (const { attributes, members } of customElementsManifest.modules.flatMap(
      (module) => module.declarations,
    )) {
      for (const attribute of attributes ?? []) {
        // An attribute can be left out, but not be null.
        attribute.type.text = attribute.type.text.replace(' | null | undefined', '');
        attribute.fieldName ??= attribute.name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
        const property = members.find(({ name }) => name === attribute.fieldName);
        if (property)
          Object.assign(property, { attribute: attribute.name, description: attribute.description });
        // As `lang`, which every element has.
        else delete attribute.fieldName;
      }
    }
  },
};

export default {
  globs: ['src/element/session-connection-count.ts'],
  outdir: '.',
  litelement: true,
  plugins: [publishedFace, attributesAndProperties, editorData, frameworkTypes],
};
