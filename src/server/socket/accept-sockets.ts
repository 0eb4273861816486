import type { Server } from 'node:http';
import { WebSocketServer } from 'ws';
import { CloseCode } from '../../protocol/close-code.js';
import { connectPath, largestClientFrame, subprotocol } from '../../protocol/endpoint.js';
import { ClientSocket, type SocketContext } from './client-socket.js';
import { HeartbeatWheel } from './heartbeat-wheel.js';
import { isAllowedOrigin } from './origin.js';

/** What {@link acceptSockets} takes. */
export interface SocketOptions extends SocketContext {
  /** Whose pages may connect: origins, `null`, or `*`. */
  readonly allowedOrigins: readonly string[];
}

/** The sockets that a server accepted. */
export interface AcceptedSockets {
  /** Closes all of them with 1012, from which clients come back, and takes no more. */
  close(): void;
}

/** Takes WebSocket connections on the protocol's path of an HTTP server; every other upgrade is refused. */
export function acceptSockets(server: Server, options: SocketOptions): AcceptedSockets {
  const sockets = new Set<ClientSocket>();
  const wheel = new HeartbeatWheel();
  const upgrades = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: largestClientFrame,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });
  let closing = false;
  server.on('upgrade', (request, connection, head) => {
    connection.on('error', () => connection.destroy());
    const path = request.url?.split('?')[0];
    if (closing || path !== `/${connectPath}`) {
      // Nobody reads it any more, so an end that the client never sends would be waited for without end.
      connection.end(
        `HTTP/1.1 ${closing ? '503 Service Unavailable' : '404 Not Found'}\r\nConnection: close\r\n\r\n`,
        () => connection.destroy(),
      );
      return;
    }
    const { origin, host } = request.headers;
    upgrades.handleUpgrade(request, connection, head, (webSocket) => {
      const socket = new ClientSocket(webSocket, options);
      sockets.add(socket);
      wheel.add(socket);
      webSocket.on('close', () => sockets.delete(socket));
      if (webSocket.protocol !== subprotocol) {
        socket.refuse(CloseCode.protocol, 2001, `The WebSocket subprotocol has to be ${subprotocol}`);
      } else if (!isAllowedOrigin(origin, host, options.allowedOrigins)) {
        // A browser can't read a refused upgrade, so the reason is told on an open socket.
        const message =
          origin === 'null'
            ? 'Sandboxed frames and local files may not connect to this server: add null to --allow-origin (ALLOW_ORIGIN)'
            : `Pages of ${origin} may not connect to this server: add it to --allow-origin (ALLOW_ORIGIN)`;
        socket.refuse(CloseCode.unauthorized, 1004, message);
      }
    });
  });
  return {
    close: () => {
      closing = true;
      wheel.stop();
      for (const socket of sockets) socket.close(CloseCode.restart);
    },
  };
}
