import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const systemPaths = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser of last resort, out of the npm package @sparticuz/chromium. */
function unpackedChromium() {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const root = entry.slice(0, entry.lastIndexOf('@sparticuz')) + '@sparticuz/chromium';
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const folder = resolve(dirname(dirname(root)), `.cache/chromium-${version}`);
  if (!existsSync(join(folder, 'complete'))) {
    // The package unpacks to a fixed place below the temporary folder and takes what is there, whole or
    // not, of whatever version. So it gets a folder of its own, which is moved into place when it is whole.
    const fresh = `${folder}.${process.pid}`;
    mkdirSync(fresh, { recursive: true });
    const unpack = "import chromium from '@sparticuz/chromium'; await chromium.executablePath()";
    execFileSync(process.execPath, ['--input-type=module', '-e', unpack], {
      // VERCEL makes it unpack the libraries that a minimal system lacks.
      env: { ...process.env, TMPDIR: fresh, VERCEL: '1' },
      cwd: dirname(dirname(root)),
    });
    writeFileSync(join(fresh, 'complete'), '');
    try {
      renameSync(fresh, folder);
    } catch {
      // Another process was first.
      rmSync(fresh, { recursive: true, force: true });
    }
  }
  const executablePath = join(folder, 'chromium');
  if (/not found/.test(execFileSync('ldd', [executablePath], { encoding: 'utf8' }))) {
    process.env.LD_LIBRARY_PATH = join(folder, 'al2023/lib');
  }
  return executablePath;
}

/** How to start a Chromium: that of CHROME_PATH, else the system's, else one that came with npm. For puppeteer. */
export function chromium() {
  const installed = [process.env.CHROME_PATH, ...systemPaths].find((path) => path && existsSync(path));
  return {
    executablePath: installed ?? unpackedChromium(),
    headless: installed ? true : 'shell',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-dev-shm-usage',
    ],
  };
}
