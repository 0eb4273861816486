import { firefox } from './firefox.mjs';
import { webkitInstalled } from './webkit.mjs';

/**
 * The engines that are to be tested in: of Chromium, Firefox and WebKit those that are there, or the one that
 * the variable ENGINE names. Says which are left out. With CI set, all have to be there.
 */
export function installedEngines() {
  const there = { chromium: true, firefox: !!firefox(), webkit: webkitInstalled() };
  const { ENGINE, CI } = process.env;
  const names = Object.keys(there);
  const wanted = ENGINE ? names.filter((name) => ENGINE.split(',').includes(name)) : names;
  const missing = wanted.filter((name) => !there[name]);
  if (missing.length && (CI || ENGINE)) throw new Error(`Not installed: ${missing.join(', ')}`);
  const left = names.filter((name) => !wanted.includes(name) || !there[name]);
  if (left.length) console.log(`Not tested in ${left.join(', ')}: not installed, or not in ENGINE`);
  return wanted.filter((name) => there[name]);
}
