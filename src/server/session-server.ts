import { createServer, type Server } from 'node:http';
import { isIPv6, type AddressInfo } from 'node:net';
import { isLoopback } from './loopback.js';
import { answerWithoutUpgrade } from './plain-request.js';
import { createSessionService, type SessionServiceOptions } from './session-service.js';

/** What {@link createSessionServer} takes. */
export interface SessionServerOptions extends SessionServiceOptions {
  /** Default: 8787. 0 takes any free one. */
  port?: number;
  /** The address to listen on. Default: 127.0.0.1. */
  host?: string;
  /** Where Prometheus reads metrics, on the same host; 0 takes any free port. Default: nowhere. */
  metricsPort?: number | undefined;
  /**
   * Show the playground, and give tokens to it. On a loopback host only. Default: false.
   */
  development?: boolean;
}

/** One process of the session server. */
export interface SessionServer {
  /**
   * Starts to listen.
   *
   * @returns The base address, without a slash at its end; and where the metrics are, if anywhere.
   * @throws {Error} where the port is in use the host isn't this computer's, or the Redis can't be reached.
   */
  listen(): Promise<{ url: string; metricsUrl?: string | undefined }>;
  /**
   * With a shared Redis, before {@link close}: takes no new clients and hands those that are here over to other
   * processes, while all else goes on. Resolves when nobody is left, or after `drainTimeout`. Without: resolves at once.
   *
   * @param hurry Ends it before.
   */
  drain(hurry?: AbortSignal): Promise<void>;
  /**
   * Closes all connections, with 1012 from which clients come back, tries once more to deliver what webhooks are
   * pending, and resolves when nothing is open.
   */
  close(): Promise<void>;
}

/** In bytes. */
const longestHead = 16 * 1024;
/** In ms: how long a head may take, and a request in whole, and how often that is looked at. */
const slowestHead = 10_000;
const slowestRequest = 30_000;
const headCheckInterval = 1_000;

/**
 * Makes a session server; it listens when told to.
 *
 * @throws {Error} where the package's built files are missing, a development server could be reached by others,
 * webhooks have no secret or may not go where they shall, or the Redis has no good URL.
 */
export function createSessionServer(options: SessionServerOptions): SessionServer {
  const { port = 8787, host = '127.0.0.1', metricsPort, development = false } = options;
  if (development && !isLoopback(host)) {
    throw new Error(`A development server on the host ${host} would give tokens to strangers: use 127.0.0.1`);
  }
  const service = createSessionService(options, { development });
  const server = createServer(
    {
      maxHeaderSize: longestHead,
      headersTimeout: slowestHead,
      requestTimeout: slowestRequest,
      connectionsCheckingInterval: headCheckInterval,
    },
    service.answer,
  );
  server.on('upgrade', (request, connection, head) =>
    service.takes(request)
      ? service.upgrade(request, connection, head)
      : answerWithoutUpgrade(server, request, connection, head),
  );
  const metricsServer = metricsPort === undefined ? undefined : service.metricsServer();

  const stop = (): Promise<void> => {
    metricsServer?.close();
    metricsServer?.closeAllConnections();
    return service.close();
  };

  return {
    listen: async () => {
      try {
        await service.start();
        const url = await listen(server, host, port);
        return {
          url,
          metricsUrl: metricsServer && `${await listen(metricsServer, host, metricsPort!)}/metrics`,
        };
      } catch (error) {
        server.close();
        await stop();
        throw error;
      }
    },
    drain: service.drain,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      const stopped = stop();
      server.closeAllConnections();
      await Promise.all([closed, stopped]);
    },
  };
}

const listen = (server: Server, host: string, port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, () => {
      const { port: actualPort } = server.address() as AddressInfo;
      resolve(`http://${isIPv6(host) ? `[${host}]` : host}:${actualPort}`);
    });
  });

function listenError({ code, message }: NodeJS.ErrnoException, host: string, port: number): Error {
  const remedies: Record<string, string> = {
    EADDRINUSE: `The port ${port} of ${host} is in use, perhaps by another session server: stop that, or take another with --port (PORT)`,
    EACCES: `The port ${port} of ${host} may not be used by this user: take one from 1024 up with --port (PORT)`,
    EADDRNOTAVAIL: `The host ${host} is no address of this computer: give one that is with --host (HOST)`,
    ENOTFOUND: `The host ${host} has no address: give one of this computer's with --host (HOST)`,
  };
  return new Error(remedies[code ?? ''] ?? `The server can't listen on port ${port} of ${host}: ${message}`);
}
