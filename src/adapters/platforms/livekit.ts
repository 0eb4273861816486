import type { Connection, ConnectionReason } from '../../protocol/connection.js';
import { adapter } from '../adapter.js';
import { hasMethods, listen, type Listenable } from '../listening.js';

/** What is used of a Room of livekit-client 2. */
export interface LiveKitRoom extends Listenable {
  readonly state: string;
  readonly localParticipant: LiveKitParticipant;
  readonly remoteParticipants: ReadonlyMap<string, LiveKitParticipant>;
}

interface LiveKitParticipant {
  readonly sid: string;
  readonly identity: string;
  readonly joinedAt?: Date | undefined;
  readonly metadata?: string | undefined;
}

/** A participant's sid is its connection's: who comes back after a while has another. */
const connectionOf = ({ sid, identity, joinedAt, metadata = '' }: LiveKitParticipant): Connection => ({
  connectionId: sid || identity,
  creationTime: joinedAt?.getTime() ?? 0,
  data: metadata,
});

/** The numbers of DisconnectReason in LiveKit's protocol. */
const byForce = [2, 4, 5, 10];
const reasonOf = (reason: number | undefined): ConnectionReason => {
  if (reason === undefined || reason === 1) return 'clientDisconnected';
  return byForce.includes(reason) ? 'forceDisconnected' : 'networkDisconnected';
};

/**
 * A Room of LiveKit. Its participants are counted, oneself included, but nobody who is hidden. Reasons are LiveKit's; what
 * an older server doesn't tell is clientDisconnected.
 */
export const liveKit = adapter<LiveKitRoom>({
  platform: 'LiveKit',
  object: 'a Room of livekit-client',
  matches: (candidate) =>
    candidate.remoteParticipants instanceof Map &&
    !!candidate.localParticipant &&
    hasMethods(candidate, 'on', 'off'),
  attach(room, report) {
    const snapshot = (): void => {
      const own = connectionOf(room.localParticipant);
      report.connected([own, ...[...room.remoteParticipants.values()].map(connectionOf)], own);
    };
    const follow = (): void => {
      if (room.state === 'connected') snapshot();
      else if (room.state === 'connecting') report.connecting();
      else if (/reconnecting/i.test(room.state)) report.reconnecting();
    };
    follow();
    return listen(room, {
      connectionStateChanged: follow,
      participantConnected: (participant: LiveKitParticipant) => {
        if (room.state === 'connected') report.created([connectionOf(participant)]);
      },
      participantDisconnected: (participant: LiveKitParticipant, reason?: number) =>
        report.destroyed(connectionOf(participant).connectionId, reasonOf(reason)),
      disconnected: (reason?: number) => report.disconnected(reasonOf(reason)),
    });
  },
});
