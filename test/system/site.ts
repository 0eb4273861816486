import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Somebody's web site: pages on an origin of their own. */
export class Site {
  url = '';
  readonly #pages = new Map<string, string>();
  readonly #server: Server = createServer((request, response) => {
    const page = this.#pages.get(new URL(request.url!, 'http://site').pathname);
    response.writeHead(page === undefined ? 404 : 200, { 'Content-Type': 'text/html; charset=utf-8' });
    response.end(page);
  });

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  /** Puts a page on the site and returns its address. */
  put(path: string, body: string): string {
    this.#pages.set(path, `<!doctype html><html lang="en"><title>${path}</title>${body}`);
    return this.url + path;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
