export { nameOfRedis, redisAddress, type RedisAddress } from './address.js';
export { RedisEngine } from './redis-engine.js';
