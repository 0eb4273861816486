import { CloseCode } from '../protocol/close-code.js';

/** What a client does when its socket closed: come back after some seconds, or one of the other ways. */
export type CloseResponse = 'retry' | 'fail' | 'newToken' | 'newKey' | 'stayAway' | number;

const responses: Partial<Record<number, CloseResponse>> = {
  [CloseCode.tooBig]: 'fail',
  [CloseCode.protocol]: 'fail',
  [CloseCode.unauthorized]: 'newToken',
  [CloseCode.removed]: 'stayAway',
  [CloseCode.badSession]: 'fail',
  // Another page holds the key, as a copy of the tab may: be a connection of one's own.
  [CloseCode.superseded]: 'newKey',
  [CloseCode.full]: 60,
  [CloseCode.tooManyFrames]: 30,
};

/** What to do after a close code; whatever isn't named is a loss to come back from, with backoff. */
export const closeResponse = (code: number): CloseResponse => responses[code] ?? 'retry';
