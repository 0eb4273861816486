/**
 * Lua functions that scripts share: `read` a roster's state, `named` incarnations of a kind in it, `milliseconds` by
 * Redis' clock, `startAnew` where it was lost, `split` what a part has of a connection into key and JSON, `remove`
 * connections from a part, and `publish` one change to the roster. Connections come as JSON and stay so, since Lua would
 * round their numbers.
 */
export const publishing = `
local function read(roster)
  local stored = redis.call('HMGET', roster, 'epoch', 'seq', 'count')
  return { epoch = tonumber(stored[1]) or 0, seq = tonumber(stored[2]) or 0, count = tonumber(stored[3]) or 0 }
end

local function named(roster, kind)
  local found = {}
  for _, field in ipairs(redis.call('HKEYS', roster)) do
    if string.sub(field, 1, #kind) == kind then table.insert(found, string.sub(field, #kind + 1)) end
  end
  table.sort(found)
  return found
end

local function digits(number) return string.format('%.0f', number) end

local function milliseconds()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function startAnew(state, seen)
  state.epoch = math.max(milliseconds(), state.epoch + 1, seen + 1)
  state.seq = 0
end

local function split(value)
  local at = string.find(value, '\\n', 1, true)
  return string.sub(value, 1, at - 1), string.sub(value, at + 1)
end

local function remove(part, holders, removedPrefix, keep, reason, ids)
  local departure = { reason = reason, ids = {}, connections = {} }
  for _, id in ipairs(ids) do
    local value = redis.call('HGET', part, id)
    if value then
      local key, connection = split(value)
      redis.call('HDEL', part, id)
      table.insert(departure.ids, id)
      table.insert(departure.connections, connection)
      local holder = key ~= '' and redis.call('HGET', holders, key)
      if holder and string.match(holder, '\\n(.-)\\n') == id then redis.call('HDEL', holders, key) end
      if key ~= '' and reason == 'forceDisconnected' then redis.call('SET', removedPrefix .. key, 1, 'PX', keep) end
    end
  end
  return departure
end

local function publish(roster, channel, keep, state, awaited, by, own, created, destroyed)
  local from = state.seq
  state.seq = from + 1
  state.count = state.count + #created
  local departures = {}
  for _, departure in ipairs(destroyed) do
    state.count = state.count - #departure.ids
    table.insert(departures, { reason = departure.reason, connections = departure.ids })
  end
  redis.call('HSET', roster, 'epoch', digits(state.epoch), 'seq', digits(state.seq), 'count', digits(state.count))
  redis.call('PEXPIRE', roster, keep)
  redis.call('SPUBLISH', channel, '{"epoch":' .. digits(state.epoch) .. ',"from":' .. digits(from)
    .. ',"seq":' .. digits(state.seq) .. ',"count":' .. digits(state.count)
    .. ',"by":"' .. by .. '","own":' .. digits(own)
    .. (#awaited > 0 and ',"awaited":' .. cjson.encode(awaited) or '')
    .. ',"created":[' .. table.concat(created, ',') .. ']'
    .. ',"destroyed":' .. (#departures > 0 and cjson.encode(departures) or '[]') .. '}')
end
`;
