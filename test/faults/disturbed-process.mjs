/**
 * Preloaded by a server process that is to be disturbed from within: on SIGUSR2 it does to itself what the file says
 * that the environment names, and then removes the file.
 */
import { readFileSync, rmSync } from 'node:fs';

let step = 0;
const TrueDate = Date;
globalThis.Date = class extends TrueDate {
  static now = () => TrueDate.now() + step;

  constructor(...parts) {
    if (parts.length) super(...parts);
    else super(TrueDate.now() + step);
  }
};

process.on('SIGUSR2', () => {
  const order = JSON.parse(readFileSync(process.env.DISTURBANCE, 'utf8'));
  step += order.clockStep ?? 0;
  for (const end = performance.now() + (order.block ?? 0); performance.now() < end;);
  rmSync(process.env.DISTURBANCE);
});
