import { SessionError } from '../protocol/session-error.js';

/** The longest answer of a token address, in characters. */
const longestAnswer = 4096;
/** How long an answer may take, in ms: on a dead network a browser waits for minutes. */
const longestWait = 10_000;
/** A JSON Web Token, or OpenTok's T1. */
const tokenForm = /^([\w-]+\.[\w-]+\.[\w-]+|T1==[\w+/=-]+)$/;

/**
 * Asks an address of the page's own origin for a client token. The answer is the token as text, or JSON
 * with a `token`. No cache on the way may answer, since a page cache would give everybody the same: hence a
 * parameter `_` that differs each time.
 *
 * @throws {SessionError} 1011 where the address is on another origin, 2001 where it gave no token.
 */
export async function fetchToken(address: string): Promise<string> {
  const url = new URL(address, document.baseURI);
  if (url.origin !== origin) {
    throw new SessionError(
      1011,
      `The token-url ${url.origin}${url.pathname} has to be on the page's own origin`,
      true,
    );
  }
  url.search += `${url.search && '&'}_=${Math.random()}`;
  let outcome = 'no answer';
  try {
    const answer = await fetch(url, {
      mode: 'same-origin',
      credentials: 'same-origin',
      cache: 'no-store',
      // Not to be had in the oldest browsers that the element runs in.
      signal: AbortSignal.timeout?.(longestWait),
    });
    outcome = `HTTP ${answer.status}`;
    const text = (await answer.text()).trim();
    const token = text[0] === '{' ? (JSON.parse(text) as { token: string }).token : text;
    if (answer.ok && text.length <= longestAnswer && tokenForm.test(token)) return token;
  } catch {
    // Out of reach, or JSON that is none: no token either.
  }
  throw new SessionError(
    2001,
    `The token-url ${url.pathname} (${outcome}) has to answer with a token, or with {"token": "…"}`,
  );
}
