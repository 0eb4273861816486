import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const programs = { display: '/usr/bin/Xvfb', driver: '/usr/bin/WebKitWebDriver' };

/** The small browser that comes with WebKitGTK, below a folder such as /usr/lib/x86_64-linux-gnu/webkit2gtk-4.1. */
function miniBrowser() {
  for (const library of ['/usr/lib', ...folders('/usr/lib', /-linux-gnu/)]) {
    for (const folder of folders(library, /^webkit.*gtk-\d/)) {
      const path = join(folder, 'MiniBrowser');
      if (existsSync(path)) return path;
    }
  }
  return undefined;
}

const folders = (parent, name) =>
  existsSync(parent)
    ? readdirSync(parent)
        .filter((entry) => name.test(entry))
        .map((entry) => join(parent, entry))
    : [];

export const webkitInstalled = () => Object.values(programs).every(existsSync) && !!miniBrowser();

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** Starts Xvfb and resolves to its process and the display that it found free. */
function startDisplay() {
  const args = ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'];
  const child = spawn(programs.display, args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  return new Promise((resolve, reject) => {
    let number = '';
    child.on('error', reject);
    child.stdio[3].on('data', (part) => {
      number += part;
      if (!number.endsWith('\n')) return;
      child.stdio[3].destroy();
      resolve({ child, display: `:${number.trim()}` });
    });
  });
}

/**
 * Starts a WebKitWebDriver with a display of its own, for one browser at a time. Both end with this process, or
 * with `stop()`.
 *
 * @returns What webdriverio connects with, and `stop()`.
 */
export async function startWebKit() {
  const { child, display } = await startDisplay();
  const port = await freePort();
  const driver = spawn(programs.driver, [`--port=${port}`, '--host=127.0.0.1'], {
    env: { ...process.env, DISPLAY: display },
    stdio: 'ignore',
  });
  const stop = () => {
    driver.kill();
    child.kill();
  };
  process.on('exit', stop);
  // However long they take to end, nobody waits for them.
  driver.unref();
  child.unref();
  while (driver.exitCode === null) {
    try {
      await fetch(`http://127.0.0.1:${port}/status`);
      break;
    } catch {
      // Not there yet.
      await delay(50);
    }
  }
  return {
    hostname: '127.0.0.1',
    port,
    path: '/',
    logLevel: /** @type {const} */ ('error'),
    capabilities: {
      browserName: 'MiniBrowser',
      'wdio:enforceWebDriverClassic': true,
      'webkitgtk:browserOptions': { binary: miniBrowser(), args: ['--automation'] },
    },
    stop,
  };
}
