import { script } from './script.js';

/**
 * Renews a lease, also one that ran out, unless its incarnation was declared dead. Returns until when it holds now, and
 * how the lease was before.
 *
 * KEYS: leases, dead, sessions. ARGV: incarnation, lease in ms, how long to keep in ms, until when it held as was said
 * last.
 */
export const renewScript = script(`
if redis.call('EXISTS', KEYS[2]) == 1 then return { '0', 'fenced' } end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local known = redis.call('ZSCORE', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[3], ARGV[3])
local lease = known and 'held' or 'taken'
if known and tonumber(known) < tonumber(ARGV[4]) then lease = 'behind' end
return { string.format('%.0f', now + ARGV[2]), lease }
`);

/**
 * Notes that an incarnation may have connections in a session, so that whoever reaps it looks there. To be done before
 * the first is written. Returns 0 where the incarnation was declared dead. One without a lease gets one, since who
 * writes and dies before it renews has to be reaped all the same.
 *
 * KEYS: leases, dead, sessions. ARGV: incarnation, tag, lease in ms, how long to keep in ms, the batch's number.
 */
export const enterScript = script(`
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], 'NX', now + ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('ZADD', KEYS[3], ARGV[5], ARGV[2])
redis.call('PEXPIRE', KEYS[3], ARGV[4])
return 1
`);

/**
 * Takes back what was noted with a batch, unless it was noted again with another: this may come late.
 *
 * KEYS: sessions. ARGV: tag, the batch's number.
 */
export const leaveScript = script(`
if redis.call('ZSCORE', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('ZREM', KEYS[1], ARGV[1]) end
`);
