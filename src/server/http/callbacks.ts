import { Hono } from 'hono';
import {
  callbackEvents,
  ForbiddenWebhookError,
  mostCallbacks,
  type Callback,
  type CallbackRegistry,
  type WebhookAddresses,
} from '../webhooks/index.js';
import { errorAnswer } from './error-answer.js';

/** What {@link callbacks} takes. */
export interface CallbacksOptions {
  readonly webhooks: CallbackRegistry;
  readonly addresses: Pick<WebhookAddresses, 'read' | 'check'>;
}

/** The calls with which a back end says which URLs hear of connections, at OpenTok's paths below a project's. */
export function callbacks({ webhooks, addresses }: CallbacksOptions): Hono {
  const routes = new Hono();

  const described = (callback: Callback): object => {
    const { id, event, url, createdAt } = callback;
    const { pending, failingSince, lastError } = webhooks.stateOf(callback);
    return { id, group: 'connection', event, url, createdAt, pending, failingSince, lastError };
  };

  routes.get('/', (context) => {
    context.header('Cache-Control', 'no-store');
    return context.json(webhooks.callbacks.map(described));
  });

  routes.post('/', async (context) => {
    if (!webhooks.canSign) {
      return errorAnswer(
        context,
        501,
        'This server has no secret to sign webhooks with: start it with --webhook-secret (WEBHOOK_SECRET)',
      );
    }
    const { group, event, url } = fieldsOf(await context.req.text());
    const known = callbackEvents.find((name) => name === event);
    if (group !== 'connection' || !known || typeof url !== 'string') {
      return errorAnswer(
        context,
        400,
        'A callback is JSON with the group "connection", the event "created" or "destroyed", and a url',
      );
    }
    try {
      const target = addresses.read(url);
      await addresses.check(target);
      const callback = await webhooks.register(known, target);
      if (callback) return context.json(described(callback));
    } catch (error) {
      if (error instanceof ForbiddenWebhookError) return errorAnswer(context, 400, error.message);
      throw error;
    }
    return errorAnswer(
      context,
      400,
      `There are ${mostCallbacks} callbacks already: unregister one that isn't needed`,
    );
  });

  routes.delete('/:callback', async (context) => {
    const callback = webhooks.callbacks.find(({ id }) => id === context.req.param('callback'));
    if (!callback) {
      return errorAnswer(
        context,
        404,
        'There is no such callback: a restart of a server without Redis forgets them',
      );
    }
    if (callback.isSetting) {
      return errorAnswer(
        context,
        400,
        'This callback is a setting of the server: take it out of --webhook (WEBHOOK)',
      );
    }
    await webhooks.unregister(callback);
    return context.body(null, 204);
  });

  return routes;
}

/** Of JSON text; none where it is something else. */
function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(text) as Record<string, unknown> | null) ?? {};
  } catch {
    return {};
  }
}
