import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import solid from 'vite-plugin-solid';

const plugins = {
  solid: () => [solid({ ssr: true })],
  svelte: () => [svelte()],
  // As the README has it.
  vue: async () => (await import('./vue/vite.config.js')).default.plugins,
};

/** Builds what the variable PAGE names: its entry for browsers, or with --ssr that which renders it on a server. */
export default async ({ isSsrBuild }) => {
  const root = process.env.PAGE;
  const side = isSsrBuild ? 'server' : 'client';
  const folder = root === 'angular' ? join(root, 'compiled') : root;
  return {
    root,
    plugins: await plugins[root]?.(),
    build: {
      outDir: `dist/${side}`,
      target: 'es2022',
      minify: false,
      rollupOptions: {
        input: resolve(
          folder,
          readdirSync(folder).find((name) => name.startsWith(`${side}.`)),
        ),
        output: { entryFileNames: '[name].js' },
      },
    },
  };
};
