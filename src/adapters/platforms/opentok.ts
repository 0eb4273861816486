import type { Connection, ConnectionReason } from '../../protocol/connection.js';
import { adapter } from '../adapter.js';
import { hasMethods, listen, type Listenable } from '../listening.js';
import { connectionOf, type OpenTokConnection } from '../opentok-connection.js';

/** What is used of a Session of the OpenTok or Vonage Video client, 2.2 and later, and of its events. */
export interface OpenTokSession extends Listenable {
  readonly connection?: OpenTokConnection | null | undefined;
  isConnected?(): boolean;
}

/** The collection in which the client keeps connections. It isn't documented. */
interface OpenTokCollection {
  where?(): OpenTokConnection[];
}

/** A connection through which the platform itself mixes media: nobody. */
const isNobody = ({ connectionId }: OpenTokConnection): boolean => connectionId.startsWith('symphony.');

const reasons: Readonly<Record<string, ConnectionReason>> = {
  clientDisconnected: 'clientDisconnected',
  forceDisconnected: 'forceDisconnected',
  mediaIdle: 'forceDisconnected',
};
const reasonOf = (reason: string | undefined): ConnectionReason =>
  reasons[reason ?? 'clientDisconnected'] ?? 'networkDisconnected';

/**
 * A Session of the OpenTok or Vonage Video client. One's own connection is counted. The client tells of everyone right
 * after it connected, oneself among them; before that, and where `connectionEventsSuppressed` keeps it from telling,
 * the number is unknown. Reasons are OpenTok's own: `mediaIdle` is told as forceDisconnected, `serverRotation` and
 * what is new as networkDisconnected.
 */
export const openTok = adapter<OpenTokSession>({
  platform: 'OpenTok, Vonage Video',
  object: 'a Session of OT.initSession()',
  matches: (candidate) => hasMethods(candidate, 'on', 'off', 'isConnected', 'forceDisconnect', 'signal'),
  attach(session, report) {
    const known = new Map<string, Connection>();
    /** Whether the client has told of everyone. */
    let whole = false;
    let settling: ReturnType<typeof setTimeout> | undefined;
    const own = (): Connection | undefined =>
      session.connection ? connectionOf(session.connection) : undefined;
    const add = (connection: OpenTokConnection): void => {
      if (!isNobody(connection)) known.set(connection.connectionId, connectionOf(connection));
    };
    const begin = (): void => {
      whole = false;
      known.clear();
      clearTimeout(settling);
    };
    const settle = (): void => {
      whole = true;
      report.connected([...known.values()], own());
    };

    const detach = listen(session, {
      sessionConnected: () => {
        begin();
        report.connected(undefined, own());
      },
      connectionCreated: ({ connection }: { connection: OpenTokConnection }) => {
        add(connection);
        if (whole) return report.created(isNobody(connection) ? [] : [connectionOf(connection)]);
        // Those who were there come one by one, oneself anywhere among them, in one go.
        if (connection.connectionId === session.connection?.connectionId) settling = setTimeout(settle);
      },
      connectionDestroyed: ({ connection, reason }: { connection: OpenTokConnection; reason?: string }) => {
        known.delete(connection.connectionId);
        if (whole) report.destroyed(connection.connectionId, reasonOf(reason));
      },
      sessionReconnecting: () => report.reconnecting(),
      sessionReconnected: () => report.connected(whole ? [...known.values()] : undefined, own()),
      sessionDisconnected: ({ reason }: { reason?: string }) => {
        begin();
        report.disconnected(reasonOf(reason));
      },
    });

    if (session.isConnected?.() && session.connection) {
      const { connections } = session as { connections?: OpenTokCollection };
      for (const connection of connections?.where?.() ?? []) add(connection);
      // What was told before can't be heard any more.
      if (known.has(session.connection.connectionId)) settle();
      else report.connected(undefined, own());
    }
    return () => {
      clearTimeout(settling);
      detach();
    };
  },
});
