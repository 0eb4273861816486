import type { HttpBindings } from '@hono/node-server';
import { Hono, type Context } from 'hono';
import { SessionError } from '../../protocol/session-error.js';
import { AddressCount } from '../address-count.js';
import { AddressRates } from '../address-rates.js';
import { clientAddress } from '../client-address.js';
import { isAllowedOrigin } from '../origin.js';
import type { RateLimit } from '../rate.js';
import type { RosterVersion } from '../../protocol/roster-version.js';
import type { RosterState } from '../roster/index.js';
import { admit, type TokenPolicy } from '../tokens/index.js';
import { countPicture } from './count-picture.js';
import { countStream } from './count-stream.js';
import { errorAnswer } from './error-answer.js';

/** The sessions whose counts are read. */
export interface CountedSessions {
  read(sessionId: string): Promise<RosterState & { readonly stale: boolean }>;
  /** Hears of each change until the returned function is called. */
  watch(sessionId: string, listener: () => void): () => void;
}

/** What {@link sessionCount} takes. */
export interface SessionCountOptions {
  readonly sessions: CountedSessions;
  readonly policy: TokenPolicy;
  /** Whose pages may read: origins, `null`, or `*`. */
  readonly allowedOrigins: readonly string[];
  readonly trustedProxies: number;
  /** Of the requests of one address. */
  readonly requestRate: RateLimit;
  /** How many streams of events one address may have open. */
  readonly streamsPerAddress: number;
  /** Ends all streams of events. */
  readonly closing: AbortSignal;
}

type Environment = { Bindings: HttpBindings; Variables: { open: boolean } };

/** In seconds: how old a number from a cache may be. */
const freshness = 5;

/**
 * Reading a count without the element: as JSON, as a stream of events, and as a picture, for open sessions and for
 * whoever has a client token.
 */
export function sessionCount(options: SessionCountOptions): Hono<Environment> {
  const { sessions, policy, allowedOrigins, trustedProxies, requestRate, streamsPerAddress, closing } =
    options;
  const routes = new Hono<Environment>();
  const rates = new AddressRates(requestRate);
  const streams = new AddressCount(streamsPerAddress);
  const json = '/v1/sessions/:session/count';
  const picture = `${json}.svg`;

  routes.on('ALL', [json, picture], async (context, next) => {
    const origin = context.req.header('Origin');
    context.header('Vary', 'Origin, Authorization, Accept');
    if (origin !== undefined && isAllowedOrigin(origin, context.req.header('Host'), allowedOrigins)) {
      context.header('Access-Control-Allow-Origin', origin);
    }
    if (context.req.method === 'OPTIONS') {
      context.header('Access-Control-Allow-Headers', 'Authorization');
      context.header('Access-Control-Max-Age', '86400');
      return context.body(null, 204);
    }
    if (!rates.take(clientAddress(context.env.incoming, trustedProxies), performance.now())) {
      context.header('Retry-After', '1');
      return errorAnswer(
        context,
        429,
        `More than ${requestRate.perSecond} requests a second from one address: ask less often, or for a stream of events`,
      );
    }
    const sessionId = context.req.param('session');
    const token = context.req.header('Authorization')?.replace(/^Bearer +/i, '');
    try {
      context.set('open', !(await admit({ sessionId, token }, policy)).authenticated);
    } catch (error) {
      if (!(error instanceof SessionError)) throw error;
      return errorAnswer(context, error.code === 1005 ? 400 : 403, error.message);
    }
    return next();
  });

  routes.get(json, async (context) => {
    const sessionId = context.req.param('session');
    // Of an answer to HEAD nobody reads the body, so nobody would ever end the stream.
    const isStream =
      context.req.method === 'GET' && context.req.header('Accept')?.includes('text/event-stream');
    if (isStream) {
      const address = clientAddress(context.env.incoming, trustedProxies);
      const hasRoom = streams.take(address);
      const giveBack = (): void => streams.giveBack(address);
      if (hasRoom) return countStream(context, sessionId, { sessions, closing, onEnd: giveBack });
      giveBack();
      context.header('Retry-After', '60');
      return errorAnswer(context, 429, `More than ${streamsPerAddress} streams to one address`);
    }
    const { count, epoch, seq, stale } = await sessions.read(sessionId);
    return isKnown(context, { epoch, seq, stale }) ?? context.json({ sessionId, count, epoch, seq, stale });
  });

  routes.get(picture, async (context) => {
    const { count, epoch, seq, stale } = await sessions.read(context.req.param('session'));
    const { label, lang } = context.req.query();
    context.header('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'");
    return (
      isKnown(context, { epoch, seq, stale }) ??
      context.body(countPicture({ count, label, lang }), 200, {
        'Content-Type': 'image/svg+xml; charset=utf-8',
        'Cross-Origin-Resource-Policy': 'cross-origin',
      })
    );
  });

  return routes;
}

/** Says how long the answer is good for; 304 where the caller has it. */
function isKnown(
  context: Context<Environment>,
  { epoch, seq, stale }: RosterVersion & { readonly stale: boolean },
): Response | undefined {
  const etag = `"${epoch}-${seq}${stale ? '-stale' : ''}"`;
  context.header('ETag', etag);
  context.header(
    'Cache-Control',
    context.get('open') ? `public, max-age=${freshness}` : `private, max-age=${freshness}`,
  );
  return context.req.header('If-None-Match') === etag ? context.body(null, 304) : undefined;
}
