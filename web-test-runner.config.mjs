import { fileURLToPath } from 'node:url';
import { esbuildPlugin } from '@web/dev-server-esbuild';
import { defaultReporter } from '@web/test-runner';
import { chromeLauncher } from '@web/test-runner-chrome';
import { webdriverLauncher } from '@web/test-runner-webdriver';
import puppeteer from 'puppeteer-core';
import { closingLine } from './test/browser/closing-line.mjs';
import { sessionServer } from './test/browser/session-server.mjs';
import { tokenAddresses } from './test/browser/token-addresses.mjs';
import { chromium } from './test/engines/chromium.mjs';
import { firefox } from './test/engines/firefox.mjs';
import { installedEngines } from './test/engines/installed.mjs';
import { startWebKit } from './test/engines/webkit.mjs';

const launchers = {
  chromium: () => chromeLauncher({ launchOptions: chromium() }),
  // A tab in the background is slowed down: one at a time.
  firefox: () => chromeLauncher({ puppeteer, launchOptions: firefox(), concurrency: 1 }),
  webkit: async () => webdriverLauncher(await startWebKit()),
};
const engines = installedEngines();
const tokens = tokenAddresses();

export default {
  files: 'test/browser/**/*.test.ts',
  nodeResolve: { exportConditions: ['production'] },
  // For 127.0.0.1 and localhost the test server would listen on every address.
  hostname: '127.0.0.2',
  middleware: [tokens.middleware],
  plugins: [
    sessionServer(),
    tokens,
    esbuildPlugin({
      ts: true,
      target: 'es2022',
      tsconfig: fileURLToPath(new URL('tsconfig.json', import.meta.url)),
    }),
  ],
  browsers: await Promise.all(engines.map((name) => launchers[name]())),
  concurrency: 1,
  concurrentBrowsers: 3,
  browserStartTimeout: 60_000,
  // As long as a busy machine may take.
  testFramework: { config: { timeout: 20_000 } },
  reporters: [defaultReporter({ reportTestProgress: false }), closingLine()],
};
