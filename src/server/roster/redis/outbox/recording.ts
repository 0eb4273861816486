/** How many changes an outbox keeps where nobody takes them out. */
const mostKept = 20_000;

/**
 * Lua function for scripts that change a roster: `record` keeps a change in the session's outbox, in the same step, so
 * that the death of the process that made it loses nothing. Without room, all that waits there is dropped and counted.
 */
export const recording = `
local function record(outbox, marks, keep, roster, state, created, destroyed)
  if #created == 0 and #destroyed == 0 then return end
  local kept = redis.call('XLEN', outbox)
  if kept >= ${mostKept} then
    redis.call('XTRIM', outbox, 'MAXLEN', 0)
    redis.call('HINCRBY', marks, 'dropped', kept)
  end
  local departures = {}
  for _, departure in ipairs(destroyed) do
    table.insert(departures, '{"reason":"' .. departure.reason .. '","connections":['
      .. table.concat(departure.connections, ',') .. ']}')
  end
  redis.call('XADD', outbox, '*', 'change',
    '{"sessionId":' .. cjson.encode(redis.call('HGET', roster, 'id') or '')
    .. ',"epoch":' .. digits(state.epoch) .. ',"seq":' .. digits(state.seq) .. ',"count":' .. digits(state.count)
    .. ',"created":[' .. table.concat(created, ',') .. '],"destroyed":[' .. table.concat(departures, ',') .. ']}')
  redis.call('PEXPIRE', outbox, keep)
  redis.call('PEXPIRE', marks, keep)
end
`;
