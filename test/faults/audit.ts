import assert from 'node:assert/strict';
import { Keys } from '../../src/server/roster/redis/keys.js';
import type { RedisServer } from '../redis/redis-server.js';

/** What a Redis has of one session. */
interface StoredSession {
  readonly key: string;
  readonly count: number;
  /** How many connections all its parts have, those aside that the roster doesn't name too. */
  readonly sum: number;
  /** How many of them are in parts that the roster names. */
  readonly named: number;
}

/** Reads it all in one step, so that nothing changes meanwhile. */
const reading = `
local sessions, lasting = {}, {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  if redis.call('PTTL', key) == -1 then table.insert(lasting, key) end
  if string.match(key, ':roster$') then
    local start = string.gsub(key, 'roster$', 'part:')
    local sum, named = 0, 0
    for _, part in ipairs(redis.call('KEYS', string.gsub(start, '[%[%]?*\\\\]', '\\\\%0') .. '*')) do
      sum = sum + redis.call('HLEN', part)
    end
    for _, field in ipairs(redis.call('HKEYS', key)) do
      if string.sub(field, 1, 5) == 'part:' then named = named + redis.call('HLEN', start .. string.sub(field, 6)) end
    end
    local count = tonumber(redis.call('HGET', key, 'count')) or 0
    table.insert(sessions, { key = key, count = count, sum = sum, named = named })
  end
end
return cjson.encode({ sessions = sessions, lasting = lasting })
`;

/**
 * Throws where the count of a session isn't the number of connections in its parts (invariant I1), or a key has no
 * expiry.
 *
 * @param servers Those that have the keys: a server, the master at present, or each master of a cluster.
 * @returns How many connections are counted in all.
 */
export function audit(servers: readonly RedisServer[]): number {
  let counted = 0;
  for (const server of servers) {
    const answer = JSON.parse(server.command('EVAL', reading, '0')) as {
      // An empty table of Lua is an object.
      sessions: StoredSession[] | object;
      lasting: string[] | object;
    };
    const sessions = Object.values(answer.sessions) as StoredSession[];
    const wrong = sessions.filter(({ count, sum, named }) => count !== sum || count !== named);
    assert.deepEqual(wrong, [], 'I1: the count is the number of connections in the parts');
    assert.deepEqual(Object.values(answer.lasting), [], 'every key expires');
    counted += sessions.reduce((total, { count }) => total + count, 0);
  }
  return counted;
}

/** The incarnations that hold a lease. */
export const incarnations = (redis: RedisServer): string[] =>
  redis.command('ZRANGE', new Keys('session-connection-count:').leases, '0', '-1').split('\n').sort();
