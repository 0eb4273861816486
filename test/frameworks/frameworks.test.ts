import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { codeOf } from '../readme.js';
import { project as settings, ServerProcess } from '../system/server-process.js';
import { Site } from '../system/site.js';
import { shows, Tabs, type Tab } from '../system/tabs.js';
import { Project } from './project.js';

const project = new Project();
const server = new ServerProcess({ ...settings, OPEN_SESSIONS: 'blog-*' });
const site = new Site();
const tabs = new Tabs();

const fallback = 'many people';
/** What the README says of a page that keeps room for the number. */
const layout = codeOf('In frameworks', 'css');
const icon = '<link rel="icon" href="data:,">';

/** A piece of the README, with the address of the server that runs here. */
const snippet = (heading: string, language: string): string =>
  codeOf(heading, language).replaceAll('https://HOST', server.url);

before(
  async () => {
    await Promise.all([project.install(), server.start(), site.start(), tabs.start()]);
    for (const file of ['next/app/layout.css', 'astro/src/layout.css', 'eleventy/layout.css']) {
      project.write(file, layout);
    }
    for (const file of ['lit/server.js', 'eleventy/_includes/page.njk']) {
      project.write(file, project.read(file).replaceAll('https://HOST', server.url));
    }
    project.write('react/visitors.tsx', snippet('React', 'tsx'));
    project.write('next/app/visitors.tsx', `'use client';\n${snippet('React', 'tsx')}`);
    project.write('next/app/page.tsx', snippet('Next.js', 'tsx'));
    project.write('solid/visitors.tsx', snippet('Solid', 'tsx'));
    project.write('svelte/Visitors.svelte', snippet('Svelte', 'svelte'));
    project.write('vue/visitors.vue', snippet('Vue', 'vue'));
    project.write('vue/vite.config.js', snippet('Vue', 'js'));
    project.write('angular/visitors.ts', snippet('Angular', 'ts'));
    project.write('astro/src/visitors.astro', snippet('Astro', 'astro'));
    project.write('eleventy/eleventy.config.js', snippet('Eleventy', 'js'));
  },
  { timeout: 600_000 },
);
after(async () => {
  await tabs.stop();
  await server.stop();
  site.stop();
  await project.remove();
});

/** Opens a page alone and returns what its console warned of while its number came. */
async function visit(url: string, warnings: string[]): Promise<Tab> {
  const tab = await tabs.browser.newPage();
  tab.on('console', (message) => {
    if (['warn', 'error'].includes(message.type())) warnings.push(message.text());
  });
  tab.on('pageerror', (error) => warnings.push(String(error)));
  await tab.goto(url);
  await shows(tab, 1);
  return tab;
}

/** How far a page's content moved, as the browser measures it. */
const shiftOf = (tab: Tab): Promise<number> =>
  tab.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let sum = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) sum += (entry as PerformanceEntry & { value: number }).value;
        }).observe({ type: 'layout-shift', buffered: true });
        // What was painted is told of before the second frame after it.
        requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(sum))));
      }),
  );

/** All that a visitor can read of the element, in its order. */
const readOf = (tab: Tab): Promise<string> =>
  tab.evaluate(() => {
    const element = document.querySelector('session-connection-count')!;
    const walker = document.createTreeWalker(element.shadowRoot!, NodeFilter.SHOW_TEXT);
    const texts = [...element.childNodes];
    while (walker.nextNode()) {
      const hidden = walker.currentNode.parentElement!.closest('.hidden, [part=indicator]');
      if (!hidden) texts.push(walker.currentNode as ChildNode);
    }
    return texts
      .filter((node) => {
        const range = document.createRange();
        range.selectNodeContents(node);
        return range.getClientRects().length > 0;
      })
      .map((node) => node.textContent!.replace(/\s/g, ''))
      .join('');
  });

/**
 * Asserts that a page comes with the fallback alone, and then has the number in its place.
 *
 * @param served Whether the element is in the page as it is served, or made by a script.
 * @param expected What the console may warn of.
 */
async function assertNumberComes(
  url: string,
  { served = true, expected }: { served?: boolean; expected?: RegExp } = {},
): Promise<void> {
  if (served) {
    const html = await (await fetch(url)).text();
    const [, children] = /<session-connection-count[^>]*>([^]*?)<\/session-connection-count>/.exec(html)!;
    assert.equal(children!.trim(), fallback);
  }
  const warnings: string[] = [];
  const tab = await visit(url, warnings);
  try {
    assert.equal(await readOf(tab), '1');
    if (served) assert.equal(await shiftOf(tab), 0);
    assert.deepEqual(
      warnings.filter((warning) => !expected?.test(warning)),
      [],
    );
  } finally {
    await tab.close();
    await server.stop();
    await server.start();
  }
}

/** Builds a page with vite, in the mode in which frameworks complain the most, and puts it on the site. */
async function built(name: string, { rendered = true } = {}): Promise<string> {
  const environment = { PAGE: name, NODE_ENV: 'development' };
  await project.run('vite build --mode development', environment);
  site.putFolder(`/${name}/`, project.path(name, 'dist/client'));
  const token = await server.token();
  let content = '';
  let head = '';
  if (rendered) {
    await project.run('vite build --mode development --ssr', environment);
    const module = (await import(pathToFileURL(project.path(name, 'dist/server/server.js')).href)) as {
      render(token: string): string | Promise<string>;
      head?: string;
    };
    content = await module.render(token);
    head = module.head ?? '';
  }
  return site.put(
    `/${name}`,
    `${icon}<style>${layout}</style>${head}
     <body data-token="${token}"><p><span id="app">${content}</span> are here.</p>
     <script type="module" src="/${name}/client.js"></script>`,
  );
}

suite('types in the markup of a framework', { timeout: 300_000 }, () => {
  for (const [name, command] of [
    ['React 19', 'tsc -p react'],
    ['Solid', 'tsc -p solid'],
    ['Vue', 'vue-tsc -p vue'],
  ] as const) {
    test(`${name} takes what is right and nothing that is wrong`, async () => {
      await project.run(command);
    });
  }

  test('Svelte takes what is right and nothing that is wrong', async () => {
    const wrong = project.read('svelte/Wrong.svelte').split('\n');
    const expected = wrong.flatMap((line, index) => (line.startsWith('<session-') ? [index + 1] : []));
    const failure = await project.run('svelte-check --workspace svelte --output machine').then(
      () => assert.fail('nothing was wrong'),
      (error: Error) => error.message,
    );
    const found = [...failure.matchAll(/ERROR "([^"]*)" (\d+):/g)].map(([, file, line]) => `${file}:${line}`);
    assert.deepEqual(
      found,
      expected.map((line) => `Wrong.svelte:${line}`),
      failure,
    );
  });
});

suite('a page of a framework', { timeout: 600_000 }, () => {
  // Lit itself is built for development there too.
  const developmentMode = /^Lit is in dev mode/;

  for (const [name, title] of [
    ['lit', '@lit-labs/ssr'],
    ['react', 'React'],
    ['solid', 'Solid'],
    ['svelte', 'Svelte'],
    ['vue', 'Vue'],
  ] as const) {
    test(`rendered by ${title} has the fallback, then the number, without a shift or a complaint`, async () => {
      await assertNumberComes(await built(name), { expected: developmentMode });
    });
  }

  test('would shift where it keeps no room, which is measured here', async () => {
    const page = (style: string): string =>
      site.put(
        '/shift',
        `${icon}<style>${style}</style>
         <p><session-connection-count session-id="blog-shift">${fallback}</session-connection-count> are here.</p>
         <script type="module" src="${server.url}/session-connection-count.js"></script>`,
      );
    const tab = await visit(page(''), []);
    assert.ok((await shiftOf(tab)) > 0);
    await tab.close();
    await server.stop();
    await server.start();
    await assertNumberComes(page(layout));
  });

  test('made by Angular shows the number', async () => {
    await project.run('ngc -p angular');
    await assertNumberComes(await built('angular', { rendered: false }), {
      served: false,
      expected: developmentMode,
    });
  });

  test('of Next.js, whose server makes the token, has the fallback, then the number', async () => {
    await project.run('next build', {}, 'next');
    const address = await project.serve('next start -H 127.0.0.1 -p 0', settings, 'next');
    await assertNumberComes(address);
  });

  test('of Astro, with a token-url, has the fallback, then the number', async () => {
    await project.run('astro build --root astro');
    site.putText('/count-token', await server.token('subscriber', 'blog-/'));
    await assertNumberComes(site.putFolder('/', project.path('astro/dist')));
  });

  test('of Eleventy has the fallback, then the number', async () => {
    await project.run('eleventy', {}, 'eleventy');
    site.putFolder('/eleventy/', project.path('eleventy'));
    await assertNumberComes(site.putFolder('/eleventy-post/', project.path('eleventy/_site')));
  });
});
