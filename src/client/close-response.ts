import { CloseCode } from '../protocol/close-code.js';

/** What a client does when its socket closed. */
export type CloseResponse = 'retry' | 'fail' | 'newToken' | 'newKey' | 'stayAway';

const responses: Partial<Record<number, CloseResponse>> = {
  [CloseCode.tooBig]: 'fail',
  [CloseCode.protocol]: 'fail',
  [CloseCode.unauthorized]: 'newToken',
  [CloseCode.removed]: 'stayAway',
  [CloseCode.badSession]: 'fail',
  // Another page holds the key, as a copy of the tab may: be a connection of one's own.
  [CloseCode.superseded]: 'newKey',
};

/**
 * What to do after a close code; whatever isn't named is a loss to come back from, after the time that the server's
 * error names, or else with backoff.
 */
export const closeResponse = (code: number): CloseResponse => responses[code] ?? 'retry';
