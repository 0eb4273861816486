import type { KeyObject } from 'node:crypto';
import {
  compactVerify,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type ProtectedHeaderParameters,
} from 'jose';
import { isHmac } from './hmac.js';
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

const malformed = (): Error =>
  refusal('The token is not a JSON Web Token: give the whole text that the token was made as');

function decode(text: string): { claims: JWTPayload; header: ProtectedHeaderParameters } {
  try {
    return { claims: decodeJwt(text), header: decodeProtectedHeader(text) };
  } catch {
    throw malformed();
  }
}

const wrongAlgorithm = (given: unknown, wanted: SignedClaims['kind']): Error =>
  refusal(`The token's algorithm ("alg") is ${quote(given)}: sign it with ${wanted}`);

/**
 * The claims of a token that the project signed. What the token says of itself inside chooses the key, never its
 * header. Times, scope and the rest are the caller's to check.
 *
 * @throws {SessionError} 1004 where the project didn't sign it.
 */
export async function readSignedClaims(text: string, project: ProjectKeys): Promise<SignedClaims> {
  if (isT1Token(text)) return { claims: readT1Claims(text, project), kind: 'T1' };
  const { claims, header } = decode(text);
  if (claims.application_id !== undefined) {
    await checkApplication(text, project);
    return { claims, kind: 'RS256' };
  }
  if (claims.iss !== project.apiKey) {
    throw refusal(
      `The token's issuer ("iss") is ${quote(claims.iss)}, which isn't this server's API key: make the token with the key and secret that the server runs with`,
    );
  }
  if (header.alg !== 'HS256') throw wrongAlgorithm(header.alg, 'HS256');
  // It names what a reader has to understand, and this one understands nothing of the kind.
  if (header.crit !== undefined) throw malformed();
  const end = text.lastIndexOf('.');
  const signature = Buffer.from(text.slice(end + 1), 'base64url');
  const signed = text.slice(0, end);
  for (const secret of project.apiSecrets) {
    if (isHmac(signature, { hash: 'sha256', secret, text: signed })) return { claims, kind: 'HS256' };
  }
  throw refusal(
    "The token's signature doesn't fit: sign it with the API secret that the server runs with, and don't change it afterwards",
  );
}

async function checkApplication(text: string, project: ProjectKeys): Promise<void> {
  const { application } = project;
  const { claims, header } = decode(text);
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
  try {
    await compactVerify(text, application.publicKey, { algorithms: ['RS256'] });
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) {
      throw refusal(
        "The token's signature doesn't fit: sign it with the private key that belongs to the server's public key, and don't change it afterwards",
      );
    }
    if (error instanceof errors.JOSEAlgNotAllowed) throw wrongAlgorithm(header.alg, 'RS256');
    throw error instanceof errors.JOSEError ? malformed() : error;
  }
}
