import { readFileSync } from 'node:fs';
import { Caddy, withoutCaddy } from '../system/caddy.js';
import { Nginx, withoutNginx } from '../system/nginx.js';
import type { ServerProcess } from '../system/server-process.js';
import { freePort } from './redis-server.js';

/** What brings clients to one of several processes. */
export interface Balancer {
  readonly url: string;
  stop(): Promise<void>;
}

/** What deploy/cluster/ has for a load balancer, with the addresses of three servers. */
const configuration = (file: string, servers: readonly ServerProcess[]): string =>
  servers.reduce(
    (text, { url }, index) => text.replaceAll(`127.0.0.1:${8787 + index}`, new URL(url).host),
    readFileSync(new URL(`../../deploy/cluster/${file}`, import.meta.url), 'utf8'),
  );

async function startNginx(servers: readonly ServerProcess[]): Promise<Balancer> {
  const text = configuration('nginx.conf', servers).replace(/^ *(listen|server_name|ssl_).*;$/gm, '');
  const [, beside, server] = /^([^]*)^server \{\n([^]*)^\}$/m.exec(text)!;
  return new Nginx().start(server!, beside);
}

async function startCaddy(servers: readonly ServerProcess[]): Promise<Balancer> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const site = `${url} {\n\tbind 127.0.0.1`;
  const text = configuration('Caddyfile', servers).replace('count.example.org {', site);
  const caddy = await new Caddy().start(text);
  return { url, stop: () => caddy.stop() };
}

/** The load balancers that deploy/cluster/ has a file for, which stand before three servers without TLS here. */
export const balancers = [
  { name: 'nginx', skip: withoutNginx(), start: startNginx },
  { name: 'Caddy', skip: withoutCaddy(), start: startCaddy },
];
