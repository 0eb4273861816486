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
  },
};

export default {
  globs: ['src/element/session-connection-count.ts', 'src/element/event-details.ts'],
  outdir: '.',
  litelement: true,
  plugins: [publishedFace],
};
