import { SessionError } from '../protocol/session-error.js';

/** The longest answer of a token address, in characters. */
const longestAnswer = 4096;

/**
 * Asks an address of the page's own origin for a client token. The answer is the token as text, or JSON
 * with a `token`. No cache on the way may answer, since a page cache would give everybody the same.
 *
 * @throws {SessionError} 1011 where the address is on another origin, 2001 where it gave no token.
 */
export async function fetchToken(address: string): Promise<string> {
  const url = new URL(address, document.baseURI);
  if (url.origin !== location.origin) {
    throw new SessionError(
      1011,
      `The token-url ${url.origin}${url.pathname} has to be on the page's own origin`,
    );
  }
  url.searchParams.set('_', Math.random().toString(36).slice(2));
  const answer = await fetch(url, { credentials: 'same-origin', cache: 'no-store' }).catch(() => undefined);
  const text = answer?.ok ? (await answer.text()).trim() : '';
  if (text.length <= longestAnswer) {
    const token = text.startsWith('{') ? readToken(text) : text;
    // A JSON Web Token, or OpenTok's T1.
    if (/^([\w-]+\.[\w-]+\.[\w-]+|T1==[\w+/=-]+)$/.test(token)) return token;
  }
  throw new SessionError(
    2001,
    `The token-url ${url.pathname} gave no token${answer ? ` (HTTP status ${answer.status})` : ''}: it has to answer with the token as text or as {"token": "…"}`,
  );
}

function readToken(json: string): string {
  try {
    return String((JSON.parse(json) as { token?: unknown }).token);
  } catch {
    return '';
  }
}
