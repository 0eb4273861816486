export { nameOfRedis, redisAddress, type RedisAddress } from './address.js';
export { isAfter, timeOf, type KeptChange, type RedisOutbox } from './outbox/index.js';
export { RedisEngine } from './redis-engine.js';
export type { RedisWebhooks } from './webhooks/index.js';
