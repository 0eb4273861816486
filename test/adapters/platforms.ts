/**
 * Stand-ins for platforms' objects, made after what their documentation says and their clients do: the real ones need
 * their platforms' servers.
 */
import { EventEmitter } from 'node:events';
import type { ConnectionReason } from '../../src/session/index.js';
import type { DrivenPlatform } from './contract.js';

const listenersOf = (emitter: EventEmitter): number =>
  emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);

interface KnownConnection {
  readonly connectionId: string;
  readonly creationTime: number;
  readonly data: string;
}

const connectionOf = (connectionId: string): KnownConnection => ({
  connectionId,
  creationTime: 1,
  data: 'x',
});

/** A Session of the OpenTok client, and what its platform does. */
export interface DrivenOpenTok extends DrivenPlatform {
  readonly object: EventEmitter & { connection: KnownConnection | undefined };
}

/** @param suppressed As with `connectionEventsSuppressed`: it tells of nobody, and yet of some who left. */
export function openTokPlatform({ suppressed = false } = {}): DrivenOpenTok {
  const all = new Map<string, KnownConnection>();
  const session = Object.assign(new EventEmitter(), {
    connection: undefined as KnownConnection | undefined,
    connections: { where: () => [...all.values()] },
    isConnected: () => !!session.connection,
    forceDisconnect: () => {},
    signal: () => {},
  });
  const join = (id: string): void => {
    if (suppressed || all.has(id)) return;
    all.set(id, connectionOf(id));
    session.emit('connectionCreated', { connection: connectionOf(id) });
  };
  const leave = (id: string, reason: ConnectionReason = 'clientDisconnected'): void => {
    if (all.delete(id) || suppressed) {
      session.emit('connectionDestroyed', { connection: connectionOf(id), reason });
    }
  };
  return {
    object: session,
    get listening() {
      return listenersOf(session);
    },
    // First that it is connected, then everyone in the server's order, oneself somewhere among them.
    connect(first, ...rest) {
      session.connection = connectionOf('own');
      session.emit('sessionConnected', { connections: [] });
      for (const id of [...(first ? [first] : []), 'own', ...rest, 'symphony.1']) join(id);
    },
    join,
    leave,
    breakOff: () => session.emit('sessionReconnecting'),
    // The server says afterwards what was missed.
    comeBack(...others) {
      session.emit('sessionReconnected');
      for (const id of all.keys()) {
        if (![...others, 'own', 'symphony.1'].includes(id)) leave(id, 'networkDisconnected');
      }
      others.forEach(join);
    },
    disconnect(reason = 'clientDisconnected') {
      all.clear();
      session.connection = undefined;
      session.emit('sessionDisconnected', { reason });
    },
  };
}

const openViduReasons: Readonly<Record<ConnectionReason, string>> = {
  clientDisconnected: 'disconnect',
  forceDisconnected: 'forceDisconnectByUser',
  networkDisconnected: 'networkDisconnect',
};

/** A Session of openvidu-browser. */
export function openViduPlatform(): DrivenPlatform {
  const remoteConnections = new Map<string, KnownConnection>();
  const session = Object.assign(new EventEmitter(), {
    connection: undefined as KnownConnection | undefined,
    remoteConnections,
  });
  const join = (id: string): void => {
    if (remoteConnections.has(id)) return;
    remoteConnections.set(id, connectionOf(id));
    session.emit('connectionCreated', { connection: connectionOf(id) });
  };
  return {
    object: session,
    get listening() {
      return listenersOf(session);
    },
    connect(...others) {
      session.connection = connectionOf('own');
      for (const id of others) remoteConnections.set(id, connectionOf(id));
      for (const id of ['own', ...others])
        session.emit('connectionCreated', { connection: connectionOf(id) });
    },
    join,
    leave(id, reason = 'clientDisconnected') {
      if (!remoteConnections.delete(id)) return;
      session.emit('connectionDestroyed', { connection: connectionOf(id), reason: openViduReasons[reason] });
    },
    breakOff: () => session.emit('reconnecting'),
    comeBack(...others) {
      remoteConnections.clear();
      for (const id of others) remoteConnections.set(id, connectionOf(id));
      session.emit('reconnected');
    },
    disconnect(reason = 'clientDisconnected') {
      remoteConnections.clear();
      session.connection = undefined;
      session.emit('sessionDisconnected', { reason: openViduReasons[reason] });
    },
  };
}

/** The numbers of LiveKit's DisconnectReason: CLIENT_INITIATED, PARTICIPANT_REMOVED, SIGNAL_CLOSE. */
const liveKitReasons: Readonly<Record<ConnectionReason, number>> = {
  clientDisconnected: 1,
  forceDisconnected: 4,
  networkDisconnected: 9,
};

/** A Room of livekit-client. */
export function liveKitPlatform(): DrivenPlatform {
  const participantOf = (id: string) => ({
    sid: id,
    identity: `user ${id}`,
    joinedAt: new Date(1),
    metadata: 'x',
  });
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
  const put = (ids: string[]): void => {
    for (const id of ids) remoteParticipants.set(`user ${id}`, participantOf(id));
  };
  return {
    object: room,
    get listening() {
      return listenersOf(room);
    },
    connect(...others) {
      enter('connecting');
      room.localParticipant = participantOf('own');
      put(others);
      for (const id of others) room.emit('participantConnected', participantOf(id));
      enter('connected');
    },
    join(id) {
      if (remoteParticipants.has(`user ${id}`)) return;
      put([id]);
      room.emit('participantConnected', participantOf(id));
    },
    leave(id, reason = 'clientDisconnected') {
      if (!remoteParticipants.delete(`user ${id}`)) return;
      room.emit('participantDisconnected', participantOf(id), liveKitReasons[reason]);
    },
    breakOff: () => enter('reconnecting'),
    comeBack(...others) {
      remoteParticipants.clear();
      put(others);
      enter('connected');
    },
    disconnect(reason = 'clientDisconnected') {
      remoteParticipants.clear();
      room.localParticipant = participantOf('');
      enter('disconnected');
      room.emit('disconnected', liveKitReasons[reason]);
    },
  };
}
