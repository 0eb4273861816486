export { mostCallbacks, type Callback, type CallbackRegistry } from './callback.js';
export { createWebhooks, type ConfiguredWebhooks, type WebhookSettings } from './create-webhooks.js';
export { webhookKey } from './signature.js';
export { ForbiddenWebhookError, WebhookAddresses } from './webhook-address.js';
export { callbackEvents } from './webhook-message.js';
export { addWebhookMetrics } from './webhook-metrics.js';
