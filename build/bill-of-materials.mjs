const purl = ({ name, version }) => `pkg:npm/${name.replace('@', '%40')}@${version}`;

const component = (type, { name, version, license }) => ({
  type,
  'bom-ref': purl({ name, version }),
  name,
  version,
  purl: purl({ name, version }),
  // As in a package.json: "MIT", or "(MIT OR Apache-2.0)".
  ...(license && { licenses: [{ expression: license }] }),
});

/**
 * What a bundle is made of, in the format of CycloneDX: for tools that look for packages with known weaknesses, and
 * can't see into a bundle.
 *
 * @param self The package that the bundle is a part of.
 * @param bundled The packages in it, as rollup-plugin-license tells of them.
 */
export const bill = (self, bundled) =>
  `${JSON.stringify(
    {
      $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      version: 1,
      metadata: { component: component('application', self) },
      components: bundled.map((each) => component('library', each)),
    },
    null,
    2,
  )}\n`;
