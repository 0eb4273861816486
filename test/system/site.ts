import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { keepLog } from './log.js';

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/** Somebody's web site: pages on an origin of their own. */
export class Site {
  url = '';
  readonly #files = new Map<string, { body: string; type: string | undefined }>();
  readonly #waiting = new Map<string, (search: string) => void>();
  readonly #server: Server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url!, 'http://site');
    this.#waiting.get(pathname)?.(search);
    const file = this.#files.get(pathname);
    response.writeHead(file ? 200 : 404, { 'Content-Type': file?.type ?? 'text/plain; charset=utf-8' });
    response.end(file?.body);
  });

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  /** Puts a page on the site, which keeps a log, and returns its address. */
  put(path: string, body: string): string {
    const log = `<script>(${keepLog})()</script>`;
    const page = `<!doctype html><html lang="en"><title>${path}</title>${log}${body}`;
    this.#files.set(path, { body: page, type: contentTypes['.html'] });
    return this.url + path;
  }

  /** Puts the files of a folder on the site, below a path that ends in a slash, which stands for its index.html. */
  putFolder(path: string, folder: string): string {
    for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      const content = { body: readFileSync(file, 'utf8'), type: contentTypes[extname(file)] };
      this.#files.set(path + file.slice(folder.length + 1).replace(/(^|\/)index\.html$/, '$1'), content);
    }
    return this.url + path;
  }

  /** Puts a text on the site. */
  putText(path: string, body: string): void {
    this.#files.set(path, { body, type: undefined });
  }

  /** Resolves to the query of the next request for a path. */
  asked(path: string): Promise<string> {
    return new Promise((resolve) => this.#waiting.set(path, resolve));
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
