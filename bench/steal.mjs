import { readFileSync } from 'node:fs';

/** How much of the time other machines may take on a shared computer, so that CPU times still mean something. */
export const mostSteal = 0.05;

/** The share of the time since the last call that the hypervisor kept from this machine; 0 where it isn't told. */
export const stealSince = ((last) => () => {
  const times = (/^cpu +(.*)$/m.exec(readStat())?.[1] ?? '').split(' ').map(Number);
  const passed = times.map((time, index) => time - (last[index] ?? 0));
  last = times;
  const total = passed.reduce((sum, time) => sum + time, 0);
  return total ? passed[7] / total : 0;
})([]);

function readStat() {
  try {
    return readFileSync('/proc/stat', 'utf8');
  } catch {
    return '';
  }
}
