import assert from 'node:assert/strict';
import { SessionError } from '../../src/protocol/index.js';

/** Checks, for `assert.rejects`, that an error is a refusal with a code and a message that says all of the parts. */
export const refused =
  (code: number, ...parts: RegExp[]) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof SessionError);
    assert.equal(error.code, code);
    for (const part of parts) assert.match(error.message, part);
    return true;
  };
