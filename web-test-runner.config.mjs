import { fileURLToPath } from 'node:url';
import { esbuildPlugin } from '@web/dev-server-esbuild';
import { defaultReporter } from '@web/test-runner';
import { chromeLauncher } from '@web/test-runner-chrome';
import { chromium } from './test/browser/chromium.mjs';
import { closingLine } from './test/browser/closing-line.mjs';
import { sessionServer } from './test/browser/session-server.mjs';

export default {
  files: 'test/browser/**/*.test.ts',
  nodeResolve: { exportConditions: ['production'] },
  // For 127.0.0.1 and localhost the test server would listen on every address.
  hostname: '127.0.0.2',
  plugins: [
    sessionServer(),
    esbuildPlugin({
      ts: true,
      target: 'es2022',
      tsconfig: fileURLToPath(new URL('tsconfig.json', import.meta.url)),
    }),
  ],
  browsers: [chromeLauncher({ launchOptions: chromium() })],
  reporters: [defaultReporter({ reportTestProgress: false }), closingLine()],
};
