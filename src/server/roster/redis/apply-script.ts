import { publishing } from './publishing.js';
import { script } from './script.js';

/**
 * Applies a batch to its incarnation's part. Returns epoch, seq, count, how many connections the part has, and the
 * change for an outbox where it is asked for; nothing where the incarnation is fenced; `enter` where the roster isn't
 * the one that the process entered, so that what tells who is in it may be lost too.
 *
 * KEYS: roster, part, batch. ARGV: incarnation, channel, how long to keep in ms, the session's id, 1 where the change is
 * asked for, the batch's number, the epoch and the seq that the process saw, 1 where it is whole, the epoch that the
 * session was entered in or -1 where it was right now, how many were created; for each of them id and JSON; for each
 * departure reason, how many ids, the ids.
 */
export const applyScript = script(`
${publishing}
local roster, part, batch = KEYS[1], KEYS[2], KEYS[3]
local incarnation, channel, keep, sessionId, recording = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5] == '1'
local number, seenEpoch, seenSeq = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local whole, entered, size = ARGV[9] == '1', tonumber(ARGV[10]), tonumber(ARGV[11])
local last = redis.call('GET', batch)
if last == 'fenced' then return false end
local state = read(roster)
local lost = seenEpoch > state.epoch or (seenEpoch == state.epoch and seenSeq > state.seq)
if size > 0 and entered >= 0 and (lost or entered ~= state.epoch) then return 'enter' end
local created, destroyed = {}, {}
local function leave(reason, ids)
  local departure = remove(part, reason, ids)
  if #departure.ids > 0 then table.insert(destroyed, departure) end
end
-- One that says nothing can't come late.
local idle = not whole and #ARGV == 11
if not idle and (not last or tonumber(last) < number) then
  redis.call('SET', batch, ARGV[6], 'PX', keep)
  local named, at = {}, 12
  for _ = 1, size do
    named[ARGV[at]] = true
    if redis.call('HSETNX', part, ARGV[at], ARGV[at + 1]) == 1 then table.insert(created, ARGV[at + 1]) end
    at = at + 2
  end
  while at < #ARGV do
    local ids = {}
    for index = at + 2, at + 1 + tonumber(ARGV[at + 1]) do
      named[ARGV[index]] = true
      table.insert(ids, ARGV[index])
    end
    leave(ARGV[at], ids)
    at = at + 2 + #ids
  end
  if whole then
    local rest = {}
    for _, id in ipairs(redis.call('HKEYS', part)) do
      if not named[id] then table.insert(rest, id) end
    end
    leave('networkDisconnected', rest)
  end
end
local own = redis.call('HLEN', part)
local changed = #created > 0 or #destroyed > 0 or lost
if changed then
  if lost or state.epoch == 0 then startAnew(state, seenEpoch) end
  redis.call('HSET', roster, 'id', sessionId)
  if own > 0 then redis.call('HSET', roster, 'part:' .. incarnation, 1)
  else redis.call('HDEL', roster, 'part:' .. incarnation) end
  publish(roster, channel, keep, state, created, destroyed)
elseif own > 0 then
  redis.call('PEXPIRE', roster, keep)
  redis.call('PEXPIRE', batch, keep)
end
if own > 0 then redis.call('PEXPIRE', part, keep) end
local change = changed and recording and recorded(roster, state, created, destroyed)
return { digits(state.epoch), state.seq, state.count, own, change }
`);
