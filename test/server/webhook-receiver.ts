import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A webhook as it came. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
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

  get url(): string {
    return `http://${this.host}/hook?key=secret`;
  }

  get host(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const server = createServer(async (request, response) => {
      request.setEncoding('utf8');
      let body = '';
      for await (const chunk of request) body += chunk;
      response.writeHead(this.status).end(() => {
        this.received.push({ headers: request.headers, body });
        this.#wake();
      });
    });
    server.on('connection', (socket) => {
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

  /** Resolves to the bodies of the webhooks that came, in order, when there are so many. */
  async until(number: number): Promise<any[]> {
    while (this.received.length < number) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.received.map(({ body }) => JSON.parse(body));
  }
}
