import { recording } from './outbox/index.js';
import { publishing } from './publishing.js';
import { script } from './script.js';

/**
 * Declares the incarnations dead whose leases ran out. Returns all whose connections are to be taken out.
 *
 * KEYS: leases, reaping. ARGV: what the keys of the dead begin with, how long to keep in ms.
 */
export const declareDeadScript = script(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, incarnation in ipairs(redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, 100)) do
  redis.call('ZREM', KEYS[1], incarnation)
  redis.call('SET', ARGV[1] .. incarnation, 1, 'PX', ARGV[2])
  redis.call('SADD', KEYS[2], incarnation)
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
end
return redis.call('SMEMBERS', KEYS[2])
`);

/**
 * Ends the reaping of an incarnation where nothing is left to be taken out. As it is dead, nothing is added either.
 *
 * KEYS: reaping, sessions. ARGV: incarnation.
 */
export const endReapingScript = script(`
if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('SREM', KEYS[1], ARGV[1]) end
`);

/**
 * Takes a dead incarnation's connections out of a session, some thousand at a time, since Redis does nothing else
 * meanwhile. Returns how many are left, and 1 where the outbox has something.
 *
 * KEYS: roster, part, batch, holders, outbox, its marks. ARGV: incarnation, channel, how long to keep in ms, how many at
 * a time, how long to keep changes in the outbox in ms or 0.
 */
export const reapScript = script(`
${publishing}
${recording}
local roster, part = KEYS[1], KEYS[2]
redis.call('SET', KEYS[3], 'fenced', 'PX', ARGV[3])
local departure = remove(part, KEYS[4], '', ARGV[3], 'networkDisconnected', redis.call('HRANDFIELD', part, ARGV[4]))
local left = redis.call('HLEN', part)
if left == 0 then redis.call('HDEL', roster, 'part:' .. ARGV[1]) end
if #departure.ids == 0 then return { left, redis.call('EXISTS', KEYS[5]) } end
redis.call('HDEL', roster, 'awaited:' .. ARGV[1])
local state = read(roster)
if state.epoch == 0 then startAnew(state, 0) end
publish(roster, ARGV[2], ARGV[3], state, named(roster, 'awaited:'), ARGV[1], left, {}, { departure })
if tonumber(ARGV[5]) > 0 then record(KEYS[5], KEYS[6], ARGV[5], roster, state, {}, { departure }) end
return { left, redis.call('EXISTS', KEYS[5]) }
`);
