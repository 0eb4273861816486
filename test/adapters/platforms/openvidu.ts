import { EventEmitter } from 'node:events';
import { openVidu } from '../../../src/adapters/index.js';
import { connectionReasons, type ConnectionReason } from '../../../src/session/index.js';
import type { DrivenPlatform, TestedPlatform } from '../platform.js';
import { listenersOf, newIds, several } from './driven-emitter.js';

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

const theirReasons: Readonly<Record<ConnectionReason, string>> = {
  clientDisconnected: 'disconnect',
  forceDisconnected: 'forceDisconnectByUser',
  networkDisconnected: 'networkDisconnect',
};

/** A stand-in for a Session of openvidu-browser. */
function startOpenVidu(): DrivenPlatform {
  const newId = newIds();
  const others = new Set<string>();
  const remoteConnections = new Map<string, KnownConnection>();
  let broken = false;
  const session = Object.assign(new EventEmitter(), {
    connection: undefined as KnownConnection | undefined,
    remoteConnections,
  });
  const follow = (): void => {
    remoteConnections.clear();
    for (const id of others) remoteConnections.set(id, connectionOf(id));
  };
  return {
    object: session,
    get listening() {
      return listenersOf(session);
    },
    get own() {
      return session.connection?.connectionId;
    },
    connect(count) {
      session.connection = connectionOf('own');
      for (const id of several(count, newId)) others.add(id);
      follow();
      for (const id of ['own', ...others])
        session.emit('connectionCreated', { connection: connectionOf(id) });
      return [...others];
    },
    join() {
      const id = newId();
      others.add(id);
      if (broken) return id;
      follow();
      session.emit('connectionCreated', { connection: connectionOf(id) });
      return id;
    },
    leave(id, reason = 'clientDisconnected') {
      others.delete(id);
      if (broken) return;
      follow();
      session.emit('connectionDestroyed', { connection: connectionOf(id), reason: theirReasons[reason] });
    },
    breakOff() {
      broken = true;
      session.emit('reconnecting');
    },
    comeBack() {
      broken = false;
      follow();
      session.emit('reconnected');
    },
    disconnect(reason = 'clientDisconnected') {
      others.clear();
      follow();
      session.connection = undefined;
      session.emit('sessionDisconnected', { reason: theirReasons[reason] });
    },
  };
}

/** What is promised of OpenVidu's Session. */
export const openViduPlatform: TestedPlatform = {
  adapter: openVidu,
  entry: 'openvidu',
  lists: true,
  selfCounted: true,
  reasons: connectionReasons,
  tested: [{ against: 'a stand-in', start: startOpenVidu }],
};
