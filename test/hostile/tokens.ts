import { generateKeyPairSync } from 'node:crypto';
import { SignJWT, type JWTPayload } from 'jose';
import { apiKey, apiSecret } from './measured-server.js';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
/** The application whose tokens a server may take besides those of the project. */
export const application = {
  id: 'b3f1',
  publicKey: pair.publicKey.export({ type: 'spki', format: 'pem' }) as string,
};
export const { privateKey } = pair;
export const secret = new TextEncoder().encode(apiSecret);
/** In seconds since the epoch. */
export const now = Math.floor(Date.now() / 1000);

/** The claims of a client token that is good for the session `lobby`. */
export const clientClaims: JWTPayload = {
  iss: apiKey,
  iat: now,
  exp: now + 300,
  scope: 'session.connect',
  session_id: 'lobby',
  role: 'subscriber',
};

/** Signs a client token with HS256, with some claims and header fields changed. */
export const sign = (
  changes: JWTPayload = {},
  header: object = {},
  key: Uint8Array = secret,
): Promise<string> =>
  new SignJWT({ ...clientClaims, ...changes }).setProtectedHeader({ alg: 'HS256', ...header }).sign(key);
