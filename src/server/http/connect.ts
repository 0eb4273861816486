import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono, type Context } from 'hono';
import type { RequestIdVariables } from 'hono/request-id';
import { CloseCode } from '../../protocol/close-code.js';
import { connectPath, fallbackPaths, largestClientFrame } from '../../protocol/endpoint.js';
import { parsePostedFrame, type PostedFrame, type Sender } from '../../protocol/fallback-frames.js';
import { parseClientFrame } from '../../protocol/client-frames.js';
import { clientAddress } from '../client-address.js';
import type { LiveSessions } from '../live-session/index.js';
import { StreamWire, type Intake } from '../socket/index.js';
import { bodySize } from './body-size.js';
import { errorAnswer } from './error-answer.js';

/** What {@link connect} takes. */
export interface ConnectOptions {
  readonly intake: Pick<Intake, 'isTaking' | 'pause' | 'isOverloaded' | 'takeHandshake' | 'accept'>;
  readonly live: Pick<LiveSessions, 'find' | 'attach' | 'deliver' | 'hangUp'>;
  /** How many proxies of one's own are in front: they tell the address of a client. */
  readonly trustedProxies: number;
  /** How long a stream lasts before its client has to ask for the next, in ms. */
  readonly streamTime: number;
}

type Environment = { Bindings: HttpBindings; Variables: RequestIdVariables };

/**
 * The way to a session for those whose WebSockets don't get through: what to do instead, streams that stand for a
 * WebSocket, and frames that are POSTed. Any page may read the answers: who is let in is decided as on a WebSocket.
 */
export function connect({ intake, live, trustedProxies, streamTime }: ConnectOptions): Hono<Environment> {
  const routes = new Hono<Environment>();
  const path = `/${connectPath}`;
  const addressOf = (context: Context<Environment>): string =>
    clientAddress(context.env.incoming, trustedProxies);

  routes.use(`${path}/*`, async (context, next) => {
    context.header('Access-Control-Allow-Origin', '*');
    context.header('Access-Control-Expose-Headers', 'Retry-After');
    context.header('Cache-Control', 'no-store');
    return next();
  });

  routes.get(path, (context) => {
    if (intake.isOverloaded(addressOf(context))) return comeLater(context, intake);
    context.header('Upgrade', 'websocket');
    return errorAnswer(context, 426, 'This is where WebSockets are opened: ask for an upgrade');
  });

  routes.use(`${path}/*`, bodySize(largestClientFrame));

  routes.post(path + fallbackPaths.stream, async (context) => {
    const { incoming, outgoing } = context.env;
    const frame = await context.req.text();
    const sender = senderOf(frame);
    // A stream that goes on is no new client.
    const goesOn = intake.isTaking && sender && live.find(sender.sessionId)?.isMember(sender.key);
    if (!goesOn && !intake.takeHandshake(addressOf(context))) return comeLater(context, intake);
    outgoing.setHeader('X-Request-Id', context.var.requestId);
    const wire = new StreamWire(outgoing, streamTime);
    intake.accept(wire, incoming.headers, addressOf(context));
    if (sender) wire.onEnd = live.attach(sender.sessionId, sender.key, wire);
    wire.receive(frame);
    return RESPONSE_ALREADY_SENT;
  });

  routes.post(path + fallbackPaths.frame, async (context) => {
    const text = await context.req.text();
    let frame: PostedFrame;
    try {
      frame = parsePostedFrame(text);
    } catch (error) {
      return errorAnswer(context, 400, (error as Error).message);
    }
    const { type, sessionId, key } = frame;
    if (type === 'leave' || type === 'close') {
      live.hangUp(sessionId, key, type === 'leave' ? CloseCode.normal : frame.code);
    } else if (!live.deliver(sessionId, key, text)) {
      return errorAnswer(context, 404, 'There is no stream with this key in the session: join again');
    }
    return context.body(null, 204);
  });

  return routes;
}

function comeLater(context: Context, { isTaking, pause }: ConnectOptions['intake']): Response {
  context.header('Retry-After', `${pause}`);
  const reason = isTaking ? 'Too many clients come at once' : 'The server is about to stop';
  return errorAnswer(context, 503, `${reason}: come back later`);
}

/** Who sent a join; undefined where the frame is none, which is then refused as on a WebSocket. */
function senderOf(frame: string): Sender | undefined {
  try {
    const join = parseClientFrame(frame);
    return join.type === 'join' ? join : undefined;
  } catch {
    return undefined;
  }
}
