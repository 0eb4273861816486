import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { CloseCode } from '../../protocol/close-code.js';
import { connectPath, largestClientFrame, subprotocol } from '../../protocol/endpoint.js';
import { AddressCount } from '../address-count.js';
import { AddressRates } from '../address-rates.js';
import { clientAddress } from '../client-address.js';
import { ClientSocket, type ClientOrigin, type SocketContext } from './client-socket.js';
import { HeartbeatWheel } from './heartbeat-wheel.js';
import { isAllowedOrigin } from '../origin.js';
import { Rate } from '../rate.js';
import { ServedWebSocket } from './served-web-socket.js';

/** What {@link acceptSockets} takes. */
export interface SocketOptions extends Omit<SocketContext, 'onClosed'> {
  /** What stands before the protocol's path, such as `/presence`. Default: nothing. */
  readonly base?: string | undefined;
  /** Whose pages may connect: origins, `null`, or `*`. */
  readonly allowedOrigins: readonly string[];
  /** How many proxies of one's own are in front: they tell the address of a client. */
  readonly trustedProxies: number;
}

/** In seconds: how long a client is asked to wait where too many come at once. */
const handshakePause = 5;

/** In ms: how long a client may take to answer a close, also where it broke the WebSocket protocol. */
const closeTimeout = 2_000;
/** In how many parts a frame may come. Each costs much more memory than the one byte that it may have. */
const mostParts = 64;

/** The sockets that a server accepted. */
export interface AcceptedSockets {
  /** Whether a request is for an upgrade to a WebSocket, on the protocol's path. */
  readonly takes: (request: IncomingMessage) => boolean;
  /** Takes such an upgrade. */
  readonly upgrade: (request: IncomingMessage, connection: Duplex, head: Buffer) => void;
  /** Closes all of them with 1012, from which clients come back, and takes no more. Resolves when none is left. */
  close(): Promise<void>;
}

/** Makes what takes the WebSocket connections of a server. */
export function acceptSockets(options: SocketOptions): AcceptedSockets {
  const { limits, trustedProxies, base = '' } = options;
  const addresses = new AddressCount(limits.connectionsPerAddress);
  const perSecond = limits.handshakesPerSecond;
  const handshakes = new Rate({ perSecond, burst: perSecond }, performance.now());
  // Else one address could keep everybody else out.
  const share = Math.ceil(perSecond / 2);
  const shares = new AddressRates({ perSecond: share, burst: share });
  const wheel = new HeartbeatWheel();
  const upgrades = new WebSocketServer({
    WebSocket: ServedWebSocket,
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: largestClientFrame,
    maxFragments: mostParts,
    maxBufferedChunks: mostParts,
    // Its types lack it.
    ...{ closeTimeout },
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });
  let closing = false;
  let closed = (): void => {};
  const context: SocketContext = {
    ...options,
    onClosed: (socket) => {
      wheel.remove(socket);
      addresses.giveBack(socket.address);
      if (closing && !wheel.size) closed();
    },
  };

  const serve = (webSocket: ServedWebSocket, headers: IncomingHttpHeaders, client: ClientOrigin): void => {
    const { origin, host } = headers;
    const socket = new ClientSocket(webSocket, context, client);
    wheel.add(socket);
    const hasRoom = addresses.take(socket.address);
    if (!hasRoom) {
      socket.refuseAsFull(
        `Too many connections from one address: ${limits.connectionsPerAddress} are let in, see --max-connections-per-address, and --trust-proxy behind a proxy`,
      );
    } else if (webSocket.protocol !== subprotocol) {
      socket.refuse(CloseCode.protocol, 2001, `The WebSocket subprotocol has to be ${subprotocol}`);
    } else if (!isAllowedOrigin(origin, host, options.allowedOrigins)) {
      // A browser can't read a refused upgrade, so the reason is told on an open socket.
      const message =
        origin === 'null'
          ? 'Sandboxed frames and local files may not connect to this server: add null to --allow-origin (ALLOW_ORIGIN)'
          : `Pages of ${origin} may not connect to this server: add it to --allow-origin (ALLOW_ORIGIN)`;
      socket.refuse(CloseCode.unauthorized, 1004, message);
    }
  };

  const upgrade: AcceptedSockets['upgrade'] = (request, connection, head) => {
    const address = clientAddress(request, trustedProxies);
    const now = performance.now();
    if (closing || !shares.take(address, now) || !handshakes.take(now)) {
      options.onRefusal({ cause: 'HANDSHAKE_RATE', address });
      return refuse(connection, '503 Service Unavailable', `Retry-After: ${handshakePause}\r\n`);
    }
    upgrades.handleUpgrade(request, connection, head, (webSocket) =>
      serve(webSocket, request.headers, { connection, address, userAgent: request.headers['user-agent'] }),
    );
  };
  return {
    takes: ({ url, headers }) =>
      url?.split('?')[0] === `${base}/${connectPath}` && headers.upgrade?.toLowerCase() === 'websocket',
    upgrade,
    close: () =>
      new Promise((resolve) => {
        closing = true;
        closed = resolve;
        wheel.stop();
        for (const socket of wheel) socket.close(CloseCode.restart);
        if (!wheel.size) resolve();
      }),
  };
}

function refuse(connection: Duplex, status: string, headers = ''): void {
  connection.on('error', () => connection.destroy());
  // Nobody reads it any more, so an end that the client never sends would be waited for without end.
  connection.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n${headers}\r\n`, () => connection.destroy());
}
