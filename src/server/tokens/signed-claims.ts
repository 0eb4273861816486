import type { KeyObject, webcrypto } from 'node:crypto';
import { compactVerify, decodeJwt, decodeProtectedHeader, errors, type JWTPayload } from 'jose';
import { quote, refusal } from './refusal.js';
import { isT1Token, readT1Claims } from './t1-token.js';

/** Whose tokens count: a project's API key, and the secrets that are good for it at present. */
export interface ProjectKeys {
  readonly apiKey: string;
  /** Two while a secret is being rotated, else one. */
  readonly apiSecrets: readonly string[];
  /** The same project as an application of Vonage's unified platform, whose tokens a private key signs. */
  readonly application?: { readonly id: string; readonly publicKey: KeyObject } | undefined;
}

/** What a token says, and how it was signed. */
export interface SignedClaims {
  readonly claims: JWTPayload;
  readonly kind: 'T1' | 'HS256' | 'RS256';
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
  try {
    return { claims: decodeJwt(text), algorithm: decodeProtectedHeader(text).alg };
  } catch {
    throw malformed();
  }
}

/** Whether a key signed a token, with the one algorithm that the key is for. */
async function isSigned(
  text: string,
  key: webcrypto.CryptoKey | KeyObject,
  algorithm: 'HS256' | 'RS256',
): Promise<boolean> {
  try {
    await compactVerify(text, key, { algorithms: [algorithm] });
    return true;
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) return false;
    if (error instanceof errors.JOSEAlgNotAllowed) {
      throw refusal(
        `The token's algorithm ("alg") is ${quote(decode(text).algorithm)}: sign it with ${algorithm}`,
      );
    }
    throw error instanceof errors.JOSEError ? malformed() : error;
  }
}

/**
 * The claims of a token that the project signed. What the token says of itself inside chooses the key, never its
 * header. Times, scope and the rest are the caller's to check.
 *
 * @throws {SessionError} 1004 where the project didn't sign it.
 */
export async function readSignedClaims(text: string, project: ProjectKeys): Promise<SignedClaims> {
  if (isT1Token(text)) return { claims: readT1Claims(text, project), kind: 'T1' };
  const { claims } = decode(text);
  if (claims.application_id !== undefined) {
    await checkApplication(text, claims, project);
    return { claims, kind: 'RS256' };
  }
  if (claims.iss !== project.apiKey) {
    throw refusal(
      `The token's issuer ("iss") is ${quote(claims.iss)}, which isn't this server's API key: make the token with the key and secret that the server runs with`,
    );
  }
  for (const secret of project.apiSecrets) {
    if (await isSigned(text, await verificationKey(secret), 'HS256')) return { claims, kind: 'HS256' };
  }
  throw refusal(
    "The token's signature doesn't fit: sign it with the API secret that the server runs with, and don't change it afterwards",
  );
}

async function checkApplication(text: string, claims: JWTPayload, project: ProjectKeys): Promise<void> {
  const { application } = project;
  if (!application) {
    throw refusal(
      'The token is for an application ("application_id"), and this server has none: start it with --application-id and --public-key, or make the token with the API key and secret',
    );
  }
  if (claims.application_id !== application.id) {
    throw refusal(
      `The token's "application_id" is ${quote(claims.application_id)}, which isn't this server's application`,
    );
  }
  if (!(await isSigned(text, application.publicKey, 'RS256'))) {
    throw refusal(
      "The token's signature doesn't fit: sign it with the private key that belongs to the server's public key, and don't change it afterwards",
    );
  }
}
