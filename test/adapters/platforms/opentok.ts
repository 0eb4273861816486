import { EventEmitter } from 'node:events';
import { openTok } from '../../../src/adapters/index.js';
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

/** A stand-in for a Session of the OpenTok client, made after what the client was seen to do. */
export interface DrivenOpenTok extends DrivenPlatform {
  readonly object: EventEmitter & { connection: KnownConnection | undefined };
}

/** @param suppressed As with `connectionEventsSuppressed`: it tells of nobody, and yet of some who left. */
export function startOpenTok({ suppressed = false } = {}): DrivenOpenTok {
  const newId = newIds();
  /** Whom the platform has, but for oneself. */
  const others = new Set<string>();
  const all = new Map<string, KnownConnection>();
  let broken = false;
  const session = Object.assign(new EventEmitter(), {
    connection: undefined as KnownConnection | undefined,
    connections: { where: () => [...all.values()] },
    isConnected: () => !!session.connection,
    forceDisconnect: () => {},
    signal: () => {},
  });
  const tellCreated = (id: string): void => {
    if (suppressed || all.has(id)) return;
    all.set(id, connectionOf(id));
    session.emit('connectionCreated', { connection: connectionOf(id) });
  };
  const tellDestroyed = (id: string, reason: ConnectionReason): void => {
    if (all.delete(id) || suppressed) {
      session.emit('connectionDestroyed', { connection: connectionOf(id), reason });
    }
  };
  return {
    object: session,
    get listening() {
      return listenersOf(session);
    },
    get own() {
      return session.connection?.connectionId;
    },
    // First that it is connected, then everyone in the server's order, oneself somewhere among them.
    connect(count) {
      const [first, ...rest] = several(count, newId);
      session.connection = connectionOf('own');
      session.emit('sessionConnected', { connections: [] });
      for (const id of [...(first ? [first] : []), 'own', ...rest, 'symphony.1']) {
        if (id.startsWith('a')) others.add(id);
        tellCreated(id);
      }
      return [...others];
    },
    join() {
      const id = newId();
      others.add(id);
      if (!broken) tellCreated(id);
      return id;
    },
    leave(id, reason = 'clientDisconnected') {
      others.delete(id);
      if (!broken) tellDestroyed(id, reason);
    },
    breakOff() {
      broken = true;
      session.emit('sessionReconnecting');
    },
    // The server says afterwards what was missed.
    comeBack() {
      broken = false;
      session.emit('sessionReconnected');
      for (const id of all.keys()) {
        if (!others.has(id) && id.startsWith('a')) tellDestroyed(id, 'networkDisconnected');
      }
      others.forEach(tellCreated);
    },
    disconnect(reason = 'clientDisconnected') {
      all.clear();
      others.clear();
      session.connection = undefined;
      session.emit('sessionDisconnected', { reason });
    },
  };
}

/** What is promised of OpenTok's Session. */
export const openTokPlatform: TestedPlatform = {
  adapter: openTok,
  entry: 'opentok',
  lists: true,
  selfCounted: true,
  inexact: 'no number with `connectionEventsSuppressed`',
  reasons: connectionReasons,
  tested: [{ against: 'a stand-in', start: startOpenTok }],
};
