import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { certificate, privateKey } from './localhost-certificate.js';

/** A webhook as it came. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a webhook tells. */
export interface Told {
  readonly sessionId: string;
  readonly projectId: string;
  readonly event: string;
  readonly reason?: string;
  readonly timestamp: number;
  readonly connection: { readonly id: string; readonly createdAt: number; readonly data: string };
  readonly epoch: number;
  readonly seq: number;
  readonly count: number;
}

/** Something that webhooks go to, and that can go away and come back. */
export class WebhookReceiver {
  readonly received: Received[] = [];
  /** What it answers. */
  status = 204;
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();
  #port = 0;
  #wake = (): void => {};
  readonly #isTls: boolean;

  /** @param isTls Whether it is called by https, with the certificate for localhost. */
  constructor(isTls = false) {
    this.#isTls = isTls;
  }

  get url(): string {
    return `http${this.#isTls ? 's' : ''}://${this.host}/hook?key=secret`;
  }

  get host(): string {
    return `${this.#isTls ? 'localhost' : '127.0.0.1'}:${this.#port}`;
  }

  async start(): Promise<void> {
    const listener: RequestListener = (request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () =>
        response.writeHead(this.status).end(() => {
          this.received.push({ headers: request.headers, body });
          this.#wake();
        }),
      );
    };
    const server = this.#isTls
      ? createTlsServer({ cert: certificate, key: privateKey }, listener)
      : createServer(listener);
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(server, 'close');
  }

  /** Resolves to what the webhooks told that came, in order, when there are so many. */
  async until(number: number): Promise<Told[]> {
    while (this.received.length < number) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.received.map(({ body }) => JSON.parse(body) as Told);
  }
}
