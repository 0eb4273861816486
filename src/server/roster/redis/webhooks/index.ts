export { RedisWebhooks, type SharedCallback, type WebhookRound } from './redis-webhooks.js';
