import type { Outbox } from '../roster/index.js';
import { systemClock } from './clock.js';
import { Sender } from './sender.js';
import { webhookKey } from './signature.js';
import { WebhookAddresses } from './webhook-address.js';
import { callbackEvents } from './webhook-message.js';
import { mostCallbacks, Webhooks, type WebhookTrouble } from './webhooks.js';

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
  /** Begins to append what happens to an outbox, and returns what ends that. */
  readonly record: (outbox: Outbox) => () => void;
  readonly onTrouble: (trouble: WebhookTrouble) => void;
}

/** The webhooks of a server, and what says where they may go. */
export interface ConfiguredWebhooks {
  readonly webhooks: Webhooks;
  readonly addresses: WebhookAddresses;
  /** Tries once more, for at most a time in ms, and resolves to how many are lost. */
  readonly close: (longest: number) => Promise<number>;
}

/**
 * Makes the webhooks of a server.
 *
 * @throws {Error} where there is no secret for the URLs, a secret is of another form or a URL is forbidden.
 */
export function createWebhooks(settings: WebhookSettings): ConfiguredWebhooks {
  const { projectId, urls, secrets, privateAllowed, development, record, onTrouble } = settings;
  const addresses = new WebhookAddresses({ privateAllowed, development });
  const sender = new Sender({ addresses });
  const { send } = sender;
  const keys = secrets.map(webhookKey);
  const webhooks = new Webhooks({ projectId, keys, record, send, clock: systemClock, onTrouble });
  if (urls.length && !webhooks.canSign) throw new Error('Webhooks need a secret that they are signed with');
  for (const url of urls) {
    for (const event of callbackEvents) {
      if (webhooks.register(event, addresses.read(url), true)) continue;
      throw new Error(`There may be ${mostCallbacks} callbacks, which are two for each URL of webhooks`);
    }
  }
  return {
    webhooks,
    addresses,
    close: async (longest) => {
      const lost = await webhooks.close(longest);
      sender.close();
      return lost;
    },
  };
}
