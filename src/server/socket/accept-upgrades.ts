import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { CloseCode } from '../../protocol/close-code.js';
import { connectPath, largestClientFrame, subprotocol } from '../../protocol/endpoint.js';
import { clientAddress } from '../client-address.js';
import type { Intake } from './intake.js';
import { ServedWebSocket } from './served-web-socket.js';

/** What {@link acceptUpgrades} takes. */
export interface UpgradeOptions {
  readonly intake: Intake;
  /** What stands before the protocol's path, such as `/presence`. Default: nothing. */
  readonly base?: string | undefined;
  /** How many proxies of one's own are in front: they tell the address of a client. */
  readonly trustedProxies: number;
}

/** What takes the WebSocket connections of a server. */
export interface AcceptedUpgrades {
  /** Whether a request is for an upgrade to a WebSocket, on the protocol's path. */
  readonly takes: (request: IncomingMessage) => boolean;
  /** Takes such an upgrade. */
  readonly upgrade: (request: IncomingMessage, connection: Duplex, head: Buffer) => void;
}

/** In ms: how long a client may take to answer a close, also where it broke the WebSocket protocol. */
const closeTimeout = 2_000;
/** In how many parts a frame may come. Each costs much more memory than the one byte that it may have. */
const mostParts = 64;

/** Makes what takes the WebSocket connections of a server. */
export function acceptUpgrades({ intake, base = '', trustedProxies }: UpgradeOptions): AcceptedUpgrades {
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
  return {
    takes: ({ url, headers }) =>
      url?.split('?')[0] === `${base}/${connectPath}` && headers.upgrade?.toLowerCase() === 'websocket',
    upgrade: (request, connection, head) => {
      const address = clientAddress(request, trustedProxies);
      if (!intake.takeHandshake(address)) {
        return refuse(connection, '503 Service Unavailable', `Retry-After: ${intake.pause}\r\n`);
      }
      upgrades.handleUpgrade(request, connection, head, (webSocket) => {
        webSocket.connection = connection;
        const socket = intake.accept(webSocket, request.headers, address);
        if (webSocket.protocol !== subprotocol) {
          socket.refuse(CloseCode.protocol, 2001, `The WebSocket subprotocol has to be ${subprotocol}`);
        }
      });
    },
  };
}

function refuse(connection: Duplex, status: string, headers = ''): void {
  connection.on('error', () => connection.destroy());
  // Nobody reads it any more, so an end that the client never sends would be waited for without end.
  connection.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n${headers}\r\n`, () => connection.destroy());
}
