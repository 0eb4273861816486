import { createHash } from 'node:crypto';
import type { Connection, ConnectionReason } from '../../protocol/connection.js';
import type { RecordedChange } from '../roster/index.js';

/** What of a connection a callback may be registered for, under OpenTok's names. */
export const callbackEvents = ['created', 'destroyed'] as const;
/** One of {@link callbackEvents}. */
export type CallbackEvent = (typeof callbackEvents)[number];

/** One thing that happened, as receivers are told of it. */
export interface WebhookMessage {
  /** Made of what happened, so it is the same whoever sends it and however often. */
  readonly id: string;
  readonly sessionId: string;
  readonly event: CallbackEvent;
  /** When it happened, in ms since the epoch. */
  readonly timestamp: number;
  /** JSON: OpenTok's payload, and the roster's version and count. */
  readonly body: string;
}

/**
 * The messages about a change, one for each connection as OpenTok has them.
 *
 * @param timestamp When it happened, in ms since the epoch.
 */
export function messagesAbout(
  change: RecordedChange,
  projectId: string,
  timestamp: number,
): WebhookMessage[] {
  const { sessionId, epoch, seq, count, created, destroyed } = change;
  const message = (
    event: CallbackEvent,
    connection: Connection,
    reason?: ConnectionReason,
  ): WebhookMessage => {
    const { connectionId, creationTime, data } = connection;
    const body = JSON.stringify({
      sessionId,
      projectId,
      event: event === 'created' ? 'connectionCreated' : 'connectionDestroyed',
      reason,
      timestamp,
      connection: { id: connectionId, createdAt: creationTime, data },
      epoch,
      seq,
      count,
    });
    return { id: idOf(sessionId, epoch, connectionId, event), sessionId, event, timestamp, body };
  };
  return [
    ...created.map((connection) => message('created', connection)),
    ...destroyed.flatMap(({ reason, connections }) =>
      connections.map((connection) => message('destroyed', connection, reason)),
    ),
  ];
}

/** Hashed, since a full stop, which ids of connections hold, would make the signature ambiguous. */
const idOf = (...parts: (string | number)[]): string =>
  `msg_${createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 32)}`;
