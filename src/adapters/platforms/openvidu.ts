import type { Connection, ConnectionReason } from '../../protocol/connection.js';
import { adapter } from '../adapter.js';
import { hasMethods, listen, type Listenable } from '../listening.js';
import { connectionOf, type OpenTokConnection } from '../opentok-connection.js';

/** What is used of a Session of openvidu-browser 2. */
export interface OpenViduSession extends Listenable {
  readonly connection?: OpenTokConnection | undefined;
  readonly remoteConnections: ReadonlyMap<string, OpenTokConnection>;
}

const reasonOf = (reason = 'disconnect'): ConnectionReason => {
  if (reason === 'disconnect') return 'clientDisconnected';
  return /^(forceDisconnect|sessionClosed)By/.test(reason) ? 'forceDisconnected' : 'networkDisconnected';
};

/** A Session of OpenVidu 2. One's own connection is counted. Reasons are OpenVidu's, which are near to OpenTok's. */
export const openVidu = adapter<OpenViduSession>({
  platform: 'OpenVidu 2',
  object: 'a Session of OpenVidu.initSession()',
  matches: (candidate) => candidate.remoteConnections instanceof Map && hasMethods(candidate, 'on', 'off'),
  attach(session, report) {
    const own = (): Connection | undefined => session.connection && connectionOf(session.connection);
    const snapshot = (): void => {
      const self = session.connection;
      const present = [...(self ? [self] : []), ...session.remoteConnections.values()];
      report.connected(present.map(connectionOf), own());
    };
    let isIn = !!session.connection?.connectionId;
    if (isIn) snapshot();
    return listen(session, {
      connectionCreated: ({ connection }: { connection: OpenTokConnection }) => {
        const isSelf = connection.connectionId === session.connection?.connectionId;
        if (isSelf && !isIn) {
          isIn = true;
          snapshot();
        } else if (isIn) report.created([connectionOf(connection)]);
      },
      connectionDestroyed: ({ connection, reason }: { connection: OpenTokConnection; reason?: string }) =>
        report.destroyed(connection.connectionId, reasonOf(reason)),
      reconnecting: () => report.reconnecting(),
      reconnected: snapshot,
      sessionDisconnected: ({ reason }: { reason?: string }) => {
        isIn = false;
        report.disconnected(reasonOf(reason));
      },
    });
  },
});
