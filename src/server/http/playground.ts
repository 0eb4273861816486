import { readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { Hono, type Context } from 'hono';
import type { Role } from '../../protocol/connection.js';
import { SessionError } from '../../protocol/session-error.js';
import { isLoopback } from '../loopback.js';
import { issueClientToken } from '../tokens/index.js';
import { errorAnswer } from './error-answer.js';

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const originOf = (context: Context): string => new URL(context.req.url).origin;

/** What the playground needs. */
export interface PlaygroundOptions {
  readonly apiKey: string;
  readonly apiSecret: string;
  /** Where the demo pages are. */
  readonly folder: string;
}

/**
 * The routes that only a development server has: the demo pages, and tokens for whoever asks. In a page
 * `{{api-key}}`, `{{server}}` and `{{token}}` (of a moderator of the session "lobby") are filled in.
 */
export function playground({ apiKey, apiSecret, folder }: PlaygroundOptions): Hono {
  const routes = new Hono();

  // Else a page of a stranger whose name was made to lead to this computer could read tokens.
  routes.use(async (context, next) => {
    const { hostname } = new URL(context.req.url);
    if (!isLoopback(hostname)) {
      return errorAnswer(
        context,
        403,
        `The development server doesn't answer to the name ${hostname}: open it as localhost or 127.0.0.1`,
      );
    }
    context.header('Cache-Control', 'no-store');
    context.header('Cross-Origin-Resource-Policy', 'same-origin');
    return next();
  });

  // Not the page itself, whose relative links would lead astray from there.
  routes.on('GET', ['/', '/demo'], (context) => context.redirect('/demo/'));
  // Browsers ask for it unasked; a 404 would stand on the console of every demo page.
  routes.get('/favicon.ico', (context) => context.body(null, 204));
  routes.get('/demo/*', (context) => {
    const path = decodeURIComponent(new URL(context.req.url).pathname).slice('/demo/'.length);
    return page(context, path === '' || path.endsWith('/') ? `${path}index.html` : path);
  });

  async function page(context: Context, path: string): Promise<Response> {
    const file = join(folder, path);
    const type = contentTypes[extname(file)];
    const inside = file.startsWith(folder.endsWith(sep) ? folder : folder + sep) && !path.includes('\0');
    const content = type && inside ? await readFile(file).catch(() => undefined) : undefined;
    if (!type || !content) return context.notFound();
    context.header('Content-Type', type);
    if (extname(file) !== '.html') return context.body(Uint8Array.from(content));
    const values: Record<string, string> = {
      'api-key': apiKey,
      server: `${originOf(context)}/`,
      token: await issueClientToken({ apiKey, apiSecret, sessionId: 'lobby', role: 'moderator' }),
    };
    return context.body(
      content
        .toString()
        .replace(/\{\{(api-key|server|token)\}\}/g, (_match, name: string) => escapeHtml(values[name]!)),
    );
  }

  routes.on(['GET', 'POST'], '/playground/token', async (context) => {
    const origin = context.req.header('Origin');
    if (origin !== undefined && origin !== originOf(context)) {
      return errorAnswer(
        context,
        403,
        `Pages of ${origin} get no tokens here: this is for the playground alone`,
      );
    }
    const { session = '', role = 'publisher', data = '' } = context.req.query();
    try {
      const token = await issueClientToken({
        apiKey,
        apiSecret,
        sessionId: session,
        role: role as Role,
        data,
      });
      return context.json({ token });
    } catch (error) {
      if (error instanceof SessionError) return errorAnswer(context, 400, error.message);
      throw error;
    }
  });

  return routes;
}
