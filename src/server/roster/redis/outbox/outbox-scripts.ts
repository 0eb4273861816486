import { script } from '../script.js';

/**
 * Notes that the outboxes of sessions have something. Numbers only grow, even over a loss of all data.
 *
 * KEYS: waiting, noted. ARGV: how long to keep in ms, channel, the sessions' tags.
 */
export const noteScript = script(`
if redis.call('EXISTS', KEYS[2]) == 0 then
  local time = redis.call('TIME')
  redis.call('SET', KEYS[2], time[1] .. string.format('%06d', time[2]))
end
redis.call('INCR', KEYS[2])
local number = redis.call('GET', KEYS[2])
for at = 3, #ARGV do redis.call('ZADD', KEYS[1], number, ARGV[at]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
redis.call('SPUBLISH', ARGV[2], number)
`);

/**
 * The tags of the sessions that were noted after a note, each with the number of its note.
 *
 * KEYS: waiting. ARGV: that note's number.
 */
export const waitingScript = script(`
return redis.call('ZRANGE', KEYS[1], '(' .. ARGV[1], '+inf', 'BYSCORE', 'WITHSCORES')
`);

/**
 * Takes back that an outbox has something, unless it was noted again.
 *
 * KEYS: waiting. ARGV: tag, the note's number.
 */
export const forgetScript = script(`
if redis.call('ZSCORE', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('ZREM', KEYS[1], ARGV[1]) end
`);

/**
 * Reads an outbox. Returns its changes with their ids, how far each URL is, and how many were dropped since this was
 * asked last.
 *
 * KEYS: outbox, marks. ARGV: the id to read after, or -, and how many at most.
 */
export const readScript = script(`
local after = ARGV[1] == '-' and '-' or '(' .. ARGV[1]
local changes = redis.call('XRANGE', KEYS[1], after, '+', 'COUNT', ARGV[2])
local dropped = redis.call('HGET', KEYS[2], 'dropped')
if dropped then redis.call('HDEL', KEYS[2], 'dropped') end
return { changes, redis.call('HGETALL', KEYS[2]), dropped or '0' }
`);

/**
 * Takes out of an outbox what nobody has to be told any more, and notes how far single URLs are.
 *
 * KEYS: outbox, marks. ARGV: how long to keep in ms, the first id that stays (or nothing), and URLs, each with an id.
 */
export const settleScript = script(`
if ARGV[2] ~= '' then redis.call('XTRIM', KEYS[1], 'MINID', ARGV[2]) end
if redis.call('XLEN', KEYS[1]) == 0 then
  redis.call('DEL', KEYS[1])
  if redis.call('HEXISTS', KEYS[2], 'dropped') == 0 then redis.call('DEL', KEYS[2]) end
  return
end
for at = 3, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 1]) end
redis.call('PEXPIRE', KEYS[2], ARGV[1])
`);
