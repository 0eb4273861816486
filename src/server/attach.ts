import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { answerWithoutUpgrade } from './plain-request.js';
import { createSessionService, type SessionServiceOptions } from './session-service.js';

/** What {@link attach} takes. */
export interface AttachOptions extends SessionServiceOptions {
  /** What stands before each path of the session server. Default: `/presence`. */
  path?: string;
}

/** A session server within another server. */
export interface AttachedSessionServer {
  /**
   * With a shared Redis, before {@link close}: takes no new clients and hands those that are here over to other
   * processes, while all else goes on. Resolves when nobody is left, or after `drainTimeout`. Without: resolves at once.
   *
   * @param hurry Ends it before.
   */
  drain(hurry?: AbortSignal): Promise<void>;
  /**
   * Gives its paths back to the other server, closes all connections, with 1012 from which clients come back, and tries
   * once more to deliver what webhooks are pending. Resolves when no WebSocket is left. To be called before the other
   * server's `close()`, which waits for all WebSockets.
   */
  close(): Promise<void>;
}

type UpgradeListener = (request: IncomingMessage, connection: Duplex, head: Buffer) => void;

/** Those of all attached servers, so that each knows them from the listeners of others. */
const upgradeListeners = new WeakSet<object>();

const pathForm = /^(\/[\w.~-]+)+$/;

/**
 * Adds a session server to a server of Node's, which goes on as it was: all else, and upgrades to other WebSockets, are
 * its own. The settings of that server, as for how long a head may take, hold for both.
 *
 * @param server Of `node:http` or `node:https`, listening or not.
 * @returns When connections are taken.
 * @throws {Error} where the path isn't one, the package's built files are missing, webhooks have no secret or may not go
 * where they shall, or the Redis has no good URL or can't be reached.
 */
export async function attach(server: Server, options: AttachOptions): Promise<AttachedSessionServer> {
  const { path = '/presence' } = options;
  if (!pathForm.test(path)) {
    throw new Error(
      `The path ${JSON.stringify(path)} can't be attached at: give one such as /presence, without a slash at its end`,
    );
  }
  const service = createSessionService(options, { base: path });
  try {
    await service.start();
  } catch (error) {
    await service.close();
    throw error;
  }

  const isOurs = ({ url = '' }: IncomingMessage): boolean => `${url.split('?')[0]}/`.startsWith(`${path}/`);
  /** Whether an event of the server was for the session server, which then has dealt with it. */
  const takes = (event: unknown, request: IncomingMessage, answer: unknown, head: Buffer): boolean => {
    switch (event) {
      case 'checkContinue':
      case 'request': {
        if (!isOurs(request)) return false;
        const response = answer as ServerResponse<IncomingMessage> & { req: IncomingMessage };
        if (event === 'checkContinue') response.writeContinue();
        service.answer(request, response);
        return true;
      }
      case 'upgrade':
        if (service.takes(request)) service.upgrade(request, answer as Duplex, head);
        else if (isOurs(request)) answerWithoutUpgrade(server, request, answer as Duplex, head);
        else return false;
        return true;
      default:
        return false;
    }
  };

  // Node tells of upgrades only where somebody listens, and then answers none itself.
  const onUpgrade: UpgradeListener = (request, connection, head) => {
    const listeners = server.listeners('upgrade');
    const isAlone =
      listeners[0] === onUpgrade && listeners.every((listener) => upgradeListeners.has(listener));
    if (isAlone) answerWithoutUpgrade(server, request, connection, head);
  };

  let closed: Promise<void> | undefined;
  // Listeners of one's own would not keep others from hearing what isn't theirs: ws refuses the upgrades of other paths.
  const events = server as { emit: (...args: unknown[]) => boolean };
  const { emit } = events;
  const intercept = (...args: [unknown, IncomingMessage, unknown, Buffer]): boolean =>
    (!closed && takes(...args)) || emit.apply(server, args);
  events.emit = intercept as typeof emit;
  upgradeListeners.add(onUpgrade);
  server.on('upgrade', onUpgrade);

  return {
    drain: service.drain,
    close: () => {
      if (!closed) {
        server.removeListener('upgrade', onUpgrade);
        // Unless somebody else intercepts too, and would be undone.
        if (events.emit === intercept) events.emit = emit;
        closed = service.close();
      }
      return closed;
    },
  };
}
