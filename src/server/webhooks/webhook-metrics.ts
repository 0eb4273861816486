import { Counter, Gauge, type Registry } from 'prom-client';
import type { HostState } from './deliveries.js';

/**
 * Adds what webhooks do to the metrics. Their label is the host of the URLs, whose other parts may hold secrets.
 *
 * @param prefix What the names start with.
 */
export function addWebhookMetrics(
  registry: Registry,
  prefix: string,
  states: () => readonly HostState[],
): void {
  new Gauge({
    name: `${prefix}webhook_pending`,
    help: 'Webhooks that wait or are being sent',
    labelNames: ['host'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { host, pending } of states()) this.inc({ host }, pending);
    },
  });
  new Gauge({
    name: `${prefix}webhook_oldest_pending_seconds`,
    help: 'How long the oldest webhook has waited',
    labelNames: ['host'],
    registers: [registry],
    collect() {
      this.reset();
      const sorted = [...states()].sort((a, b) => a.oldestAge - b.oldestAge);
      for (const { host, oldestAge } of sorted) this.set({ host }, oldestAge / 1000);
    },
  });
  new Counter({
    name: `${prefix}webhook_attempts_total`,
    help: 'Attempts at webhooks',
    labelNames: ['host', 'outcome'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { host, accepted, troubles } of states()) {
        this.inc({ host, outcome: 'accepted' }, accepted);
        this.inc({ host, outcome: 'failed' }, troubles.failed);
      }
    },
  });
  new Counter({
    name: `${prefix}webhook_lost_total`,
    help: 'Webhooks that were given up after a day, or dropped since too many waited',
    labelNames: ['host', 'cause'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { host, troubles } of states()) {
        this.inc({ host, cause: 'givenUp' }, troubles.givenUp);
        this.inc({ host, cause: 'dropped' }, troubles.dropped);
      }
    },
  });
}
