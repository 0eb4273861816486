import { createHmac } from 'node:crypto';

/** What a secret has to be, for messages. */
const form = 'whsec_ and then 24 to 64 bytes in base64, as "whsec_$(openssl rand -base64 32)" makes it';

/**
 * Reads a secret of webhooks.
 *
 * @throws {Error} where it isn't of the form that Standard Webhooks gives to secrets. The message doesn't repeat it.
 */
export function webhookKey(secret: string): Buffer {
  const [, text] = /^whsec_([A-Za-z\d+/]+={0,2})$/.exec(secret) ?? [];
  const key = Buffer.from(text ?? '', 'base64');
  if (key.toString('base64').replace(/=+$/, '') !== text?.replace(/=+$/, '')) {
    throw new Error(`a secret has to be ${form}`);
  }
  if (key.length < 24 || key.length > 64) {
    throw new Error(
      `a secret of ${key.length} bytes is too ${key.length < 24 ? 'short' : 'long'}: it has to be ${form}`,
    );
  }
  return key;
}

/**
 * The headers that say whom a webhook is from, by Standard Webhooks (https://www.standardwebhooks.com).
 *
 * @param id Stays the same over all attempts.
 * @param now When it is sent, in ms since the epoch.
 * @param keys A signature is made with each, so that receivers may know one of two while one is replaced.
 */
export function signatureHeaders(
  id: string,
  now: number,
  body: string,
  keys: readonly Buffer[],
): Record<`webhook-${'id' | 'timestamp' | 'signature'}`, string> {
  const timestamp = String(Math.floor(now / 1000));
  const signatures = keys.map(
    (key) => `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
  );
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
