import { publishing } from './publishing.js';
import { script } from './script.js';

/**
 * Says what a session knows of a client's key: `counted`, `removed` or nothing.
 *
 * KEYS: holders. ARGV: hashed key, what the keys of parts and of those removed begin with.
 */
export const recogniseScript = script(`
${publishing}
if redis.call('EXISTS', ARGV[3] .. ARGV[1]) == 1 then return 'removed' end
local holder = redis.call('HGET', KEYS[1], ARGV[1])
if not holder then return false end
local incarnation, id = string.match(holder, '^(.-)\\n(.-)\\n')
return redis.call('HEXISTS', ARGV[2] .. incarnation, id) == 1 and 'counted'
`);

/**
 * Asks whoever has a connection to remove it. Returns 0 where nobody has it.
 *
 * KEYS: roster. ARGV: channel, connection id, what the keys of its parts begin with.
 */
export const askForRemovalScript = script(`
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(field, 1, 5) == 'part:' and redis.call('HEXISTS', ARGV[3] .. string.sub(field, 6), ARGV[2]) == 1 then
    redis.call('SPUBLISH', ARGV[1], cjson.encode({ type = 'remove', connectionId = ARGV[2], to = '' }))
    return 1
  end
end
return 0
`);
