import type { JWTPayload } from 'jose';
import { isHmac } from './hmac.js';
import { quote, refusal } from './refusal.js';
import type { ProjectKeys } from './signed-claims.js';

const prefix = 'T1==';

/** Whether a token has the form that OpenTok's server SDKs made before JSON Web Tokens. */
export const isT1Token = (text: string): boolean => text.startsWith(prefix);

const malformed = (): Error =>
  refusal('The T1 token is cut off or changed: give the whole text that the token was made as');

/** Reads `name=value&…`, in which no name may come twice: else two readers could see two tokens. */
function readParameters(text: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (parameters.has(name)) throw refusal(`The T1 token has ${quote(name)} twice: make a new one`);
    parameters.set(name, value);
  }
  return parameters;
}

const seconds = (text: string | undefined): number | undefined => (text ? Number(text) : undefined);

/**
 * The claims of a T1 token that the project's secret signed, under the names that a JSON Web Token has for them.
 * Its form: `T1==`, then in base64 `partner_id=…&sig=…:` and the parameters, which `sig` is the HMAC-SHA1 of.
 *
 * @throws {SessionError} 1004 where the project didn't sign it.
 */
export function readT1Claims(text: string, project: ProjectKeys): JWTPayload {
  const decoded = Buffer.from(text.slice(prefix.length), 'base64').toString();
  const colon = decoded.indexOf(':');
  if (colon < 0) throw malformed();
  const outer = readParameters(decoded.slice(0, colon));
  const signed = decoded.slice(colon + 1);
  const partner = outer.get('partner_id');
  if (partner !== project.apiKey) {
    throw refusal(
      `The token's "partner_id" is ${quote(partner)}, which isn't this server's API key: make the token with the key and secret that the server runs with`,
    );
  }
  const signature = Buffer.from(outer.get('sig') ?? '', 'hex');
  if (!project.apiSecrets.some((secret) => isHmac(signature, { hash: 'sha1', secret, text: signed }))) {
    throw refusal(
      "The token's signature doesn't fit: sign it with the API secret that the server runs with, and don't change it afterwards",
    );
  }
  const inner = readParameters(signed);
  for (const name of ['session_id', 'expire_time']) {
    if (!inner.get(name)) throw refusal(`The T1 token has no "${name}": make one that has`);
  }
  return {
    ...Object.fromEntries(inner),
    // Tokens of the oldest SDKs have none: a T1 token is good for nothing else.
    scope: inner.get('scope') ?? 'session.connect',
    expire_time: undefined,
    exp: seconds(inner.get('expire_time')),
    nbf: undefined,
  };
}
