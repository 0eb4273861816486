import { script } from '../script.js';

const clock = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * Takes part in the webhooks of the group: takes or keeps the lease of who sends them where nobody else has it, says
 * which URLs this process's settings have, and adds the callbacks that it knows to a list that isn't the one it knew
 * them of, since that one was lost. Returns 1 where this process sends, which list it is, the callbacks by id, the URLs
 * of all settings with since when they are there, and how the deliveries go.
 *
 * KEYS: sender, callbacks, settings, states, waiting, noted. ARGV: process, lease in ms, how long to keep in ms, 1 where
 * it can send, the states or nothing, the list it knows, how many URLs and these, and callbacks, each id and value.
 */
export const takePartScript = script(`
${clock}
local sender = redis.call('GET', KEYS[1])
local sends = ARGV[4] == '1' and (not sender or sender == ARGV[1])
if sends then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  if ARGV[5] ~= '' then redis.call('SET', KEYS[4], ARGV[5], 'PX', 3 * ARGV[2]) end
end
local urls = tonumber(ARGV[7])
local list = redis.call('HGET', KEYS[2], '')
if not list then
  list = ARGV[1] .. string.format('%.0f', now)
  redis.call('HSET', KEYS[2], '', list)
end
if list ~= ARGV[6] then
  for at = 8 + urls, #ARGV, 2 do redis.call('HSETNX', KEYS[2], ARGV[at], ARGV[at + 1]) end
end
for at = 8, 7 + urls do
  local known = redis.call('HGET', KEYS[3], ARGV[at])
  local since = known and string.match(known, '^%d+') or string.format('%.0f', now)
  redis.call('HSET', KEYS[3], ARGV[at], since .. ' ' .. string.format('%.0f', now + 3 * ARGV[2]))
end
local settings, stored = {}, redis.call('HGETALL', KEYS[3])
for at = 1, #stored, 2 do
  local since, held = string.match(stored[at + 1], '^(%d+) (%d+)$')
  if tonumber(held) >= now then
    table.insert(settings, stored[at])
    table.insert(settings, since)
  elseif tonumber(held) + ARGV[3] < now then redis.call('HDEL', KEYS[3], stored[at]) end
end
for _, key in ipairs({ KEYS[2], KEYS[3], KEYS[5], KEYS[6] }) do redis.call('PEXPIRE', key, ARGV[3]) end
return { sends and 1 or 0, list, redis.call('HGETALL', KEYS[2]), settings, redis.call('GET', KEYS[4]) or '' }
`);

/**
 * Adds a callback where it isn't there and there is room. Returns 0 where there is none.
 *
 * KEYS: callbacks, settings. ARGV: id, event, URL, how many there may be, how long to keep in ms, channel.
 */
export const registerScript = script(`
${clock}
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 1 end
local count = redis.call('HLEN', KEYS[1]) - redis.call('HEXISTS', KEYS[1], '')
for _, value in ipairs(redis.call('HVALS', KEYS[2])) do
  if tonumber(string.match(value, '%d+$')) >= now then count = count + 2 end
end
if count >= tonumber(ARGV[4]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', now) .. '\\n' .. ARGV[2] .. '\\n' .. ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('SPUBLISH', ARGV[6], '')
return 1
`);

/**
 * Takes a callback out. Returns 0 where it isn't there.
 *
 * KEYS: callbacks. ARGV: id, channel.
 */
export const unregisterScript = script(`
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('SPUBLISH', ARGV[2], '')
return 1
`);

/**
 * Lets another process send.
 *
 * KEYS: sender. ARGV: process, channel.
 */
export const stopSendingScript = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return end
redis.call('DEL', KEYS[1])
redis.call('SPUBLISH', ARGV[2], '')
`);
