import { promisify } from 'node:util';
import type { Video } from '@vonage/video';
import type OpenTok from 'opentok';

/** What an SDK is asked for, under one name whichever it is. */
export interface Sdk {
  createSession(): Promise<string>;
  clientToken(sessionId: string, options: { role: string; data: string }): string;
  forceDisconnect(sessionId: string, connectionId: string): Promise<void>;
}

/** The `opentok` package, whose calls end in callbacks. */
export function openTok(sdk: OpenTok, t1 = false): Sdk {
  return {
    createSession: async () => (await promisify(sdk.createSession.bind(sdk, {}))())!.sessionId,
    clientToken: (sessionId, options) =>
      (sdk.generateToken as (id: string, options: object, t1: boolean) => string)(sessionId, options, t1),
    forceDisconnect: (sessionId, connectionId) =>
      new Promise((resolve, reject) =>
        sdk.forceDisconnect(sessionId, connectionId, (error) => (error ? reject(error) : resolve())),
      ),
  };
}

/** The `@vonage/video` package. */
export function vonage(sdk: Video): Sdk {
  return {
    createSession: async () => (await sdk.createSession()).sessionId,
    clientToken: (sessionId, options) => sdk.generateClientToken(sessionId, options),
    forceDisconnect: (sessionId, connectionId) => sdk.disconnectClient(sessionId, connectionId),
  };
}
