import type { Outbox } from '../roster/index.js';
import type { RedisEngine } from '../roster/redis/index.js';
import { mostCallbacks, type CallbackRegistry } from './callback.js';
import { systemClock } from '../clock.js';
import type { HostState, WebhookTrouble } from './deliveries.js';
import { GroupWebhooks } from './group-webhooks.js';
import { Sender, type Send } from './sender.js';
import { webhookKey } from './signature.js';
import { WebhookAddresses } from './webhook-address.js';
import { callbackEvents } from './webhook-message.js';
import { Webhooks } from './webhooks.js';

/** What {@link createWebhooks} takes. */
export interface WebhookSettings {
  readonly projectId: string;
  /** Which URLs hear of each connection that comes or goes, from the start. */
  readonly urls: readonly string[];
  /** What is signed with, each as `whsec_…`. */
  readonly secrets: readonly string[];
  /** Whether they may go into private networks. */
  readonly privateAllowed: boolean;
  /** Whether they may go to this computer, also without TLS. */
  readonly development: boolean;
  /** What this process and others have in common, and how long those wait for one that says nothing, in ms. */
  readonly group?: { readonly engine: RedisEngine; readonly lease: number } | undefined;
  /** Begins to append what happens to an outbox, and returns what ends that. Asked for where there is no group. */
  readonly record: (outbox: Outbox) => () => void;
  readonly onTrouble: (trouble: WebhookTrouble) => void;
}

/** The webhooks of a server, and what says where they may go. */
export interface ConfiguredWebhooks {
  readonly webhooks: CallbackRegistry & { readonly states: readonly HostState[] };
  readonly addresses: WebhookAddresses;
  /** Begins to take part in the webhooks of the group. To be called when its engine can be reached. */
  readonly start: () => Promise<void>;
  /** Tries once more, for at most a time in ms, and resolves to how many are lost. */
  readonly close: (longest: number) => Promise<number>;
}

/**
 * Makes the webhooks of a server.
 *
 * @throws {Error} where there is no secret for the URLs, a secret is of another form or a URL is forbidden.
 */
export function createWebhooks(settings: WebhookSettings): ConfiguredWebhooks {
  const { projectId, secrets, privateAllowed, development, group, record, onTrouble } = settings;
  const addresses = new WebhookAddresses({ privateAllowed, development });
  const sender = new Sender({ addresses });
  const keys = secrets.map(webhookKey);
  if (settings.urls.length && !keys.length) {
    throw new Error('Webhooks need a secret that they are signed with');
  }
  const urls = [...new Set(settings.urls)].map((url) => addresses.read(url));
  if (urls.length * callbackEvents.length > mostCallbacks) {
    throw new Error(`There may be ${mostCallbacks} callbacks, which are two for each URL of webhooks`);
  }
  const options = { projectId, keys, clock: systemClock, onTrouble };
  const ended = (webhooks: Webhooks | GroupWebhooks) => async (longest: number) => {
    const lost = await webhooks.close(longest);
    sender.close();
    return lost;
  };
  if (group) {
    const { engine, lease } = group;
    const send: Send = async (request) => {
      // Another process, with other settings, may have allowed it.
      addresses.read(request.url.href);
      return sender.send(request);
    };
    const hrefs = urls.map(({ href }) => href);
    const webhooks = new GroupWebhooks({ ...options, send, shared: engine, lease, urls: hrefs });
    return { webhooks, addresses, start: () => webhooks.start(), close: ended(webhooks) };
  }
  const webhooks = new Webhooks({ ...options, send: sender.send, record });
  for (const url of urls) for (const event of callbackEvents) webhooks.register(event, url, true);
  return { webhooks, addresses, start: async () => {}, close: ended(webhooks) };
}
