import { publishing } from './publishing.js';
import { script } from './script.js';

/**
 * Reads a roster. Returns epoch, seq, count, the incarnations with a part and those awaited.
 *
 * KEYS: roster.
 */
export const readScript = script(`
${publishing}
local state = read(KEYS[1])
return { digits(state.epoch), state.seq, state.count, named(KEYS[1], 'part:'), named(KEYS[1], 'awaited:') }
`);

/**
 * Reads a roster with all its connections, in one step. Returns epoch, seq, count and each connection as JSON.
 *
 * KEYS: roster. ARGV: what the keys of its parts begin with, which are in the same slot.
 */
export const listScript = script(`
${publishing}
local stored = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'count')
local list = { stored[1] or '0', stored[2] or '0', stored[3] or '0' }
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(field, 1, 5) == 'part:' then
    for _, value in ipairs(redis.call('HVALS', ARGV[1] .. string.sub(field, 6))) do
      list[#list + 1] = select(2, split(value))
    end
  end
end
return list
`);
