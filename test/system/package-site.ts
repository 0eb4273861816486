import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const served = /^\/(dist|node_modules)\/[\w@./-]+\.js$/;

/** A certificate for a name that nobody vouches for. */
function selfSigned(name: string): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', `/CN=${name}`];
    const options = ['-addext', `subjectAltName=DNS:${name}`, '-keyout', key, '-out', cert];
    execFileSync('openssl', [...request, ...options], { stdio: 'pipe' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Somebody's web site that has the package's files among its own, as after an `npm install`. */
export class PackageSite {
  url = '';
  readonly #secureName: string | undefined;
  readonly #pages = new Map<string, { body: string; policy: string | undefined }>();
  readonly #server: Server;

  /** @param secureName The host name of a site that is served over TLS. */
  constructor(secureName?: string) {
    this.#secureName = secureName;
    const answer: RequestListener = (request, response) => {
      const { pathname } = new URL(request.url!, 'http://site');
      if (served.test(pathname) && !pathname.includes('..')) {
        response.writeHead(200, { 'Content-Type': 'text/javascript' });
        response.end(readFileSync(join(repository, pathname)));
        return;
      }
      const page = this.#pages.get(pathname);
      response.writeHead(page ? 200 : 404, {
        'Content-Type': 'text/html; charset=utf-8',
        ...(page?.policy && { 'Content-Security-Policy': page.policy }),
      });
      response.end(page?.body);
    };
    this.#server = secureName ? createHttpsServer(selfSigned(secureName), answer) : createHttpServer(answer);
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const { port } = this.#server.address() as AddressInfo;
    this.url = this.#secureName ? `https://${this.#secureName}:${port}` : `http://127.0.0.1:${port}`;
    return this;
  }

  /** Puts a page on the site and returns its address. */
  put(path: string, body: string, policy?: string): string {
    this.#pages.set(path, {
      body: `<!doctype html><html lang="en"><title>${path}</title>${body}`,
      policy,
    });
    return this.url + path;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
