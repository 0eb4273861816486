import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { version } from '../../version.js';
import type { WebhookAddresses } from './webhook-address.js';

/** One attempt at a webhook. */
export interface WebhookRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string;
  /** Ends the attempt. */
  readonly signal: AbortSignal;
}

/** Posts a webhook. Resolves to the status of the answer; rejects where there is none in time. */
export type Send = (request: WebhookRequest) => Promise<number>;

/** What a {@link Sender} takes. */
export interface SenderOptions {
  readonly addresses: WebhookAddresses;
  /** How long an attempt may take, in ms. Default: 5,000. */
  timeout?: number;
  /** Certificates of those who vouch for receivers, in PEM. Default: those that Node trusts. */
  certificateAuthority?: string;
}

/** In bytes: what is read of an answer that nobody looks into, for the sake of the connection, which is used again. */
const longestAnswer = 64 * 1024;

/** Posts webhooks to where they may go. It follows no redirect and keeps connections open between two of them. */
export class Sender {
  readonly #addresses: WebhookAddresses;
  readonly #timeout: number;
  readonly #http = new HttpAgent({ keepAlive: true });
  readonly #https: HttpsAgent;

  constructor({ addresses, timeout = 5_000, certificateAuthority }: SenderOptions) {
    this.#addresses = addresses;
    this.#timeout = timeout;
    this.#https = new HttpsAgent({ keepAlive: true, ca: certificateAuthority });
  }

  readonly send: Send = ({ url, headers, body, signal }) =>
    this.#post(url, body, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': `session-connection-count/${version}`,
        ...headers,
      },
      lookup: this.#addresses.lookup(url),
      signal,
    });

  /** Lets go of the connections that are open. */
  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  #post(url: URL, body: string, options: RequestOptions): Promise<number> {
    return new Promise((resolve, reject) => {
      const request =
        url.protocol === 'https:'
          ? httpsRequest(url, { ...options, agent: this.#https })
          : httpRequest(url, { ...options, agent: this.#http });
      const deadline = setTimeout(
        () => request.destroy(new Error(`no answer within ${this.#timeout} ms`)),
        this.#timeout,
      );
      let status: number | undefined;
      let failure: NodeJS.ErrnoException | undefined;
      request.on('response', (response) => {
        status = response.statusCode;
        discard(response);
      });
      request.on('error', (error) => (failure = error));
      request.on('close', () => {
        clearTimeout(deadline);
        if (status !== undefined) resolve(status);
        // The receiver had closed the connection meanwhile, as it may with one that is idle.
        else if (request.reusedSocket && failure?.code === 'ECONNRESET')
          resolve(this.#post(url, body, options));
        else reject(failure ?? new Error('no answer'));
      });
      request.end(body);
    });
  }
}

function discard(response: IncomingMessage): void {
  let size = 0;
  // Its status is all that counts.
  response.on('error', () => {});
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > longestAnswer) response.destroy();
  });
}
