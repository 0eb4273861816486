import { render as renderTemplate } from '@lit-labs/ssr';
import { collectResult } from '@lit-labs/ssr/lib/render-result.js';
import { html } from 'lit';
import 'session-connection-count';

const visitors = (token) =>
  html`<session-connection-count server="https://HOST" session-id="lobby" token=${token}>
    many people
  </session-connection-count>`;

export const render = (token) => collectResult(renderTemplate(visitors(token)));
