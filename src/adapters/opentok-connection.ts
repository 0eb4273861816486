import type { Connection } from '../protocol/connection.js';

/** A Connection as OpenTok's client has it, and those made after it. */
export interface OpenTokConnection {
  readonly connectionId: string;
  readonly creationTime?: number;
  readonly data?: string;
}

/** The same as one of ours. */
export const connectionOf = ({
  connectionId,
  creationTime = 0,
  data = '',
}: OpenTokConnection): Connection => ({
  connectionId,
  creationTime,
  data,
});
