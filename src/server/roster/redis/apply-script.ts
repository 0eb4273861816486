import { recording } from './outbox/index.js';
import { publishing } from './publishing.js';
import { script } from './script.js';

/**
 * Applies a batch to its incarnation's part. Returns epoch, seq, count, the incarnations with a part and those awaited,
 * how many connections the part has, those that moved (for each the id that it is in the stead of, and its JSON), the
 * ids of those away and of those removed, and 1 where the outbox has something that may not have been noted; nothing
 * where the incarnation is fenced; `enter` where the roster isn't the one that the process entered, so that what tells
 * who is in it may be lost too.
 *
 * KEYS: roster, part, batch, holders, outbox, its marks, moved. ARGV: incarnation, earlier ones with line feeds around,
 * channel, how long to keep in ms, the session's id, how long to keep changes in the outbox in ms or 0, the batch's
 * number, the epoch and the seq that the process saw, 1 where it is whole, the epoch that the session was entered in or
 * -1 where it was right now, what the keys of parts and of those removed begin with, the other incarnations that the
 * process knew there, 1 where it tells anew, how long to keep in ms who moved, how many were created; for each of them
 * id, JSON, hashed key (or nothing) and the attempt; for each departure reason, how many ids, the ids.
 */
export const applyScript = script(`
${publishing}
${recording}
local roster, part, batch, holders = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local incarnation, former, channel, keep, sessionId = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local outboxKept, number, seenEpoch, seenSeq = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local whole, entered = ARGV[10] == '1', tonumber(ARGV[11])
local partPrefix, removedPrefix, others = ARGV[12], ARGV[13], ARGV[14]
local anew, movedKept, size = ARGV[15] == '1', tonumber(ARGV[16]), tonumber(ARGV[17])
local last = redis.call('GET', batch)
if last == 'fenced' then return false end
local state = read(roster)
local lost = seenEpoch > state.epoch or (seenEpoch == state.epoch and seenSeq > state.seq)
if size > 0 and entered >= 0 and (lost or entered ~= state.epoch) then return 'enter' end
local created, destroyed, moved, away, removed = {}, {}, {}, {}, {}
local function holderOf(key)
  local holder = key ~= '' and redis.call('HGET', holders, key)
  if not holder then return end
  local other, id, attempt = string.match(holder, '^(.-)\\n(.-)\\n(.*)$')
  if redis.call('HEXISTS', partPrefix .. other, id) == 1 then return other, id, tonumber(attempt) end
end
local function put(id, key, attempt, json)
  redis.call('HSET', part, id, key .. '\\n' .. json)
  if key ~= '' then redis.call('HSET', holders, key, incarnation .. '\\n' .. id .. '\\n' .. attempt) end
end
local function move(id, from, key, attempt)
  local _, json = split(redis.call('HGET', partPrefix .. from, id))
  if from ~= incarnation then
    redis.call('HDEL', partPrefix .. from, id)
    if redis.call('HLEN', partPrefix .. from) == 0 then redis.call('HDEL', roster, 'part:' .. from) end
    redis.call('HSET', roster, 'part:' .. incarnation, 1)
    redis.call('SPUBLISH', channel, cjson.encode({ type = 'moved', connectionId = id, to = incarnation }))
    local now = milliseconds()
    redis.call('ZREMRANGEBYSCORE', KEYS[7], '-inf', now - movedKept)
    redis.call('ZADD', KEYS[7], now, id)
    redis.call('PEXPIRE', KEYS[7], movedKept)
  end
  put(id, key, attempt, json)
  return json
end
local function leave(reason, ids)
  local departure = remove(part, holders, removedPrefix, keep, reason, ids)
  if #departure.ids > 0 then table.insert(destroyed, departure) end
end
-- One that says nothing can't come late.
local idle = not whole and #ARGV == 17
local fresh = not idle and (not last or tonumber(last) < number)
if fresh then
  redis.call('SET', batch, ARGV[7], 'PX', keep)
  local said, at = {}, 18 + 4 * size
  -- Before who comes: the key of one who left is free.
  while at < #ARGV do
    local ids = {}
    for index = at + 2, at + 1 + tonumber(ARGV[at + 1]) do table.insert(ids, ARGV[index]) end
    leave(ARGV[at], ids)
    at = at + 2 + #ids
  end
  for at = 18, 14 + 4 * size, 4 do
    local id, json, key, attempt = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
    local from, held, before = holderOf(key)
    said[id] = true
    if key ~= '' and redis.call('EXISTS', removedPrefix .. key) == 1 then table.insert(removed, id)
    elseif not from then
      local known = redis.call('HEXISTS', part, id) == 1
      -- It left where it moved to, and who had it before doesn't know that yet.
      if not known and redis.call('ZSCORE', KEYS[7], id) then table.insert(away, id)
      elseif not known then
        put(id, key, attempt, json)
        table.insert(created, json)
      end
    else
      local own = from == incarnation or string.find(former, '\\n' .. from .. '\\n', 1, true)
      if not own and tonumber(attempt) <= before then table.insert(away, id)
      else
        local moving = move(held, from, key, tonumber(attempt) > before and attempt or digits(before))
        said[held] = true
        if from ~= incarnation or held ~= id then
          table.insert(moved, id)
          table.insert(moved, moving)
        end
      end
    end
  end
  if whole then
    local rest = {}
    for _, id in ipairs(redis.call('HKEYS', part)) do
      if not said[id] then table.insert(rest, id) end
    end
    leave('networkDisconnected', rest)
  end
end
local own = redis.call('HLEN', part)
local before = table.concat(named(roster, 'awaited:'), '\\n')
if lost then
  for _, kind in ipairs({ 'awaited:', 'told:' }) do
    for _, each in ipairs(named(roster, kind)) do redis.call('HDEL', roster, kind .. each) end
  end
  redis.call('HSET', roster, 'awaited:' .. incarnation, 1)
end
local older = seenEpoch > 0 and seenEpoch < state.epoch
if fresh and whole and (lost or older or anew or before ~= '') then
  for other in string.gmatch(others, '[^\\n]+') do
    if redis.call('HEXISTS', roster, 'told:' .. other) == 0 then redis.call('HSET', roster, 'awaited:' .. other, 1) end
  end
  for each in string.gmatch(incarnation .. former, '[^\\n]+') do
    redis.call('HSET', roster, 'told:' .. each, 1)
    redis.call('HDEL', roster, 'awaited:' .. each)
  end
end
local awaited = named(roster, 'awaited:')
local changed = #created > 0 or #destroyed > 0 or lost or table.concat(awaited, '\\n') ~= before
if changed then
  if lost or state.epoch == 0 then startAnew(state, seenEpoch) end
  redis.call('HSET', roster, 'id', sessionId)
  if own > 0 then redis.call('HSET', roster, 'part:' .. incarnation, 1)
  else redis.call('HDEL', roster, 'part:' .. incarnation) end
  publish(roster, channel, keep, state, awaited, incarnation, own, created, destroyed)
  if outboxKept > 0 then record(KEYS[5], KEYS[6], outboxKept, roster, state, created, destroyed) end
elseif own > 0 then
  redis.call('PEXPIRE', roster, keep)
  redis.call('PEXPIRE', batch, keep)
end
if own > 0 then
  redis.call('PEXPIRE', part, keep)
  redis.call('PEXPIRE', holders, keep)
end
-- After a batch whose answer was lost, the whole one that follows may have changed nothing.
local waiting = (changed or whole) and redis.call('EXISTS', KEYS[5]) or 0
return { digits(state.epoch), state.seq, state.count, named(roster, 'part:'), awaited, own, moved, away, removed, waiting }
`);
