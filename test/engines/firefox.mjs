import { existsSync } from 'node:fs';

/**
 * How to start the Firefox of FIREFOX_PATH, else the system's, for puppeteer; undefined where there is none.
 *
 * @param preferences Firefox preferences by their names: what other engines can be told over a protocol.
 */
export function firefox(preferences = {}) {
  const paths = [process.env.FIREFOX_PATH, '/usr/bin/firefox-esr', '/usr/bin/firefox'];
  const executablePath = paths.find((path) => path && existsSync(path));
  return executablePath && { browser: 'firefox', executablePath, extraPrefsFirefox: preferences };
}
