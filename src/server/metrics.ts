import { createServer, type Server } from 'node:http';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ConnectionReason } from '../protocol/connection.js';
import type { ObservedConnection, SessionObserver } from './live-session/index.js';
import { addWebhookMetrics, type ConfiguredWebhooks } from './webhooks/index.js';

/** What is asked for when the metrics are read. */
export interface Measured {
  /** How many sessions are live. */
  readonly size: number;
  /** How many connections they have. */
  readonly connections: number;
  /** How many clients are here over the fallback. */
  readonly streams: number;
}

const prefix = 'session_connection_count_';

/** What a server counts of its own work, for Prometheus. No label ever holds a session's id. */
export class ServerMetrics implements SessionObserver {
  readonly #registry = new Registry();
  readonly #joins = this.#counter('joins_total', 'Connections that joined', 'resumed');
  readonly #leaves = this.#counter('leaves_total', 'Connections that left', 'reason');
  readonly #refusals = this.#counter(
    'refusals_total',
    'WebSockets that were refused, or closed for what they did',
    'cause',
  );
  readonly #flushes = new Histogram({
    name: `${prefix}flush_seconds`,
    help: 'What a round of telling all watchers cost',
    buckets: [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5],
    registers: [this.#registry],
  });

  joined(_connection: ObservedConnection, resumed: boolean): void {
    this.#joins.inc({ resumed: String(resumed) });
  }

  left(_connection: ObservedConnection, reason: ConnectionReason): void {
    this.#leaves.inc({ reason });
  }

  flushed(seconds: number): void {
    this.#flushes.observe(seconds);
  }

  /** @param cause One of a few words. */
  refused(cause: string): void {
    this.#refusals.inc({ cause });
  }

  /**
   * Makes a server that answers `/metrics` with all of it.
   *
   * @param redis Whether the Redis can be reached, where there is one.
   */
  server(
    measured: Measured,
    webhooks: Pick<ConfiguredWebhooks['webhooks'], 'states'>,
    redis?: { readonly isOpen: boolean },
  ): Server {
    collectDefaultMetrics({ register: this.#registry });
    this.#gauge('connections', 'Connections of all sessions', () => measured.connections);
    this.#gauge('fallback_streams', 'Clients that are connected without a WebSocket', () => measured.streams);
    this.#gauge('sessions', 'Sessions that somebody is connected to or watches', () => measured.size);
    this.#gauge('redis_reachable', '1 while the Redis, if there is one, can be reached', () =>
      Number(redis?.isOpen ?? true),
    );
    addWebhookMetrics(this.#registry, prefix, () => webhooks.states);
    return createServer((request, response) => {
      if (request.url !== '/metrics') {
        response.writeHead(404).end();
        return;
      }
      void this.#registry.metrics().then((text) => {
        response.writeHead(200, { 'Content-Type': this.#registry.contentType }).end(text);
      });
    });
  }

  #counter(name: string, help: string, label: string): Counter {
    return new Counter({ name: prefix + name, help, labelNames: [label], registers: [this.#registry] });
  }

  #gauge(name: string, help: string, value: () => number): void {
    new Gauge({
      name: prefix + name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(value());
      },
    });
  }
}
