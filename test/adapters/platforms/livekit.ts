import { EventEmitter } from 'node:events';
import { liveKit } from '../../../src/adapters/index.js';
import { connectionReasons, type ConnectionReason } from '../../../src/session/index.js';
import type { DrivenPlatform, TestedPlatform } from '../platform.js';
import { listenersOf, newIds, several } from './driven-emitter.js';

/** The numbers of LiveKit's DisconnectReason: CLIENT_INITIATED, PARTICIPANT_REMOVED, SIGNAL_CLOSE. */
const theirReasons: Readonly<Record<ConnectionReason, number>> = {
  clientDisconnected: 1,
  forceDisconnected: 4,
  networkDisconnected: 9,
};

const participantOf = (id: string) => ({
  sid: id,
  identity: `user ${id}`,
  joinedAt: new Date(1),
  metadata: 'x',
});

/** A stand-in for a Room of livekit-client. */
function startLiveKit(): DrivenPlatform {
  const newId = newIds();
  const others = new Set<string>();
  const remoteParticipants = new Map<string, ReturnType<typeof participantOf>>();
  const room = Object.assign(new EventEmitter(), {
    state: 'disconnected',
    localParticipant: participantOf(''),
    remoteParticipants,
  });
  const enter = (state: string): void => {
    room.state = state;
    room.emit('connectionStateChanged', state);
  };
  const follow = (): void => {
    remoteParticipants.clear();
    for (const id of others) remoteParticipants.set(`user ${id}`, participantOf(id));
  };
  return {
    object: room,
    get listening() {
      return listenersOf(room);
    },
    get own() {
      return room.localParticipant.sid || undefined;
    },
    connect(count) {
      enter('connecting');
      room.localParticipant = participantOf('own');
      for (const id of several(count, newId)) others.add(id);
      follow();
      for (const id of others) room.emit('participantConnected', participantOf(id));
      enter('connected');
      return [...others];
    },
    join() {
      const id = newId();
      others.add(id);
      if (room.state !== 'connected') return id;
      follow();
      room.emit('participantConnected', participantOf(id));
      return id;
    },
    leave(id, reason = 'clientDisconnected') {
      others.delete(id);
      if (room.state !== 'connected') return;
      follow();
      room.emit('participantDisconnected', participantOf(id), theirReasons[reason]);
    },
    breakOff: () => enter('reconnecting'),
    comeBack() {
      follow();
      enter('connected');
    },
    disconnect(reason = 'clientDisconnected') {
      others.clear();
      follow();
      room.localParticipant = participantOf('');
      enter('disconnected');
      room.emit('disconnected', theirReasons[reason]);
    },
  };
}

/** What is promised of LiveKit's Room. */
export const liveKitPlatform: TestedPlatform = {
  adapter: liveKit,
  entry: 'livekit',
  lists: true,
  selfCounted: true,
  inexact: 'nobody who is hidden',
  reasons: connectionReasons,
  tested: [{ against: 'a stand-in', start: startLiveKit }],
};
