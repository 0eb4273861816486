import type { webcrypto } from 'node:crypto';
import { compactVerify, decodeJwt, decodeProtectedHeader, errors, type JWTPayload } from 'jose';
import { quote, refusal } from './refusal.js';

/** Whose tokens count: a project's API key, and the secrets that are good for it at present. */
export interface ProjectKeys {
  readonly apiKey: string;
  /** Two while a secret is being rotated, else one. */
  readonly apiSecrets: readonly string[];
}

const verificationKeys = new Map<string, Promise<webcrypto.CryptoKey>>();

/** Imports each secret once, since an import costs as much as a verification. */
function verificationKey(secret: string): Promise<webcrypto.CryptoKey> {
  let key = verificationKeys.get(secret);
  if (!key) {
    const bytes = new TextEncoder().encode(secret);
    key = crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
    verificationKeys.set(secret, key);
  }
  return key;
}

const malformed = (): Error =>
  refusal('The token is not a JSON Web Token: give the whole text that the token was made as');

function decode(text: string): { claims: JWTPayload; algorithm: unknown } {
  if (text.startsWith('T1==')) {
    throw refusal("The token has OpenTok's old T1 form, which this server doesn't take: make a JWT instead");
  }
  try {
    return { claims: decodeJwt(text), algorithm: decodeProtectedHeader(text).alg };
  } catch {
    throw malformed();
  }
}

/**
 * The claims of a token that the project's secret signed. What the token says of itself inside chooses the
 * key, never its header. Times, scope and the rest are the caller's to check.
 *
 * @throws {SessionError} 1004 where the project didn't sign it.
 */
export async function readSignedClaims(text: string, project: ProjectKeys): Promise<JWTPayload> {
  const { claims, algorithm } = decode(text);
  if (claims.application_id !== undefined) {
    throw refusal(
      'The token is for an application ("application_id"), which this server doesn\'t take: make one with the API key and secret',
    );
  }
  if (claims.iss !== project.apiKey) {
    throw refusal(
      `The token's issuer ("iss") is ${quote(claims.iss)}, which isn't this server's API key: make the token with the key and secret that the server runs with`,
    );
  }
  for (const secret of project.apiSecrets) {
    try {
      await compactVerify(text, await verificationKey(secret), { algorithms: ['HS256'] });
      return claims;
    } catch (error) {
      if (error instanceof errors.JWSSignatureVerificationFailed) continue;
      if (error instanceof errors.JOSEAlgNotAllowed) {
        throw refusal(`The token's algorithm ("alg") is ${quote(algorithm)}: sign it with HS256`);
      }
      throw error instanceof errors.JOSEError ? malformed() : error;
    }
  }
  throw refusal(
    "The token's signature doesn't fit: sign it with the API secret that the server runs with, and don't change it afterwards",
  );
}
