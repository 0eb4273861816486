import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { Video } from '@vonage/video';
import OpenTok from 'opentok';
import { openTok, vonage, type Sdk } from '../server/sdks.js';
import { project, ServerProcess } from './server-process.js';
import { Site } from './site.js';
import { connectionOf, shows, Tabs, until } from './tabs.js';

const applicationId = '11111111-2222-4333-8444-555555555555';
const pair = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

suite('a back end written for OpenTok or Vonage, and the element', { timeout: 120_000 }, () => {
  const server = new ServerProcess({ ...project, APPLICATION_ID: applicationId, PUBLIC_KEY: pair.publicKey });
  const site = new Site();
  const tabs = new Tabs();

  before(() => Promise.all([server.start(), site.start(), tabs.start()]));
  after(async () => {
    await tabs.stop();
    await server.stop();
    site.stop();
  });

  const openTokOf = (key: string, secret: string): OpenTok =>
    new OpenTok(key, secret, server.url as OpenTok.Env);
  const sdks: Record<string, () => Sdk> = {
    'opentok, JSON Web Tokens': () => openTok(openTokOf(project.API_KEY, project.API_SECRET)),
    'opentok, T1 tokens': () => openTok(openTokOf(project.API_KEY, project.API_SECRET), true),
    'opentok, an application': () => openTok(openTokOf(applicationId, pair.privateKey)),
    '@vonage/video': () =>
      vonage(new Video({ applicationId, privateKey: pair.privateKey }, { videoHost: server.url })),
  };

  for (const [name, make] of Object.entries(sdks)) {
    test(`${name}: the element joins with its token, counts, and stays away once removed`, async () => {
      const sdk = make();
      const sessionId = await sdk.createSession();
      const widget = (token: string): string =>
        `<script type="module" src="${server.url}/session-connection-count.js"></script>
         <session-connection-count session-id="${sessionId}" token="${token}">–</session-connection-count>`;
      const page = site.put('/', widget(sdk.clientToken(sessionId, { role: 'publisher', data: 'name=Ada' })));
      const [first, second] = [await tabs.open(page), await tabs.open(page)];
      await Promise.all([shows(first, 2), shows(second, 2)]);

      await sdk.forceDisconnect(sessionId, await connectionOf(second));
      await shows(first, 1);
      await until(second, () => document.querySelector('session-connection-count')!.state === 'disconnected');
      const reason = await second.evaluate(
        () => document.querySelector('session-connection-count')!.source!.reason,
      );
      assert.equal(reason, 'forceDisconnected');
      await Promise.all([first.close(), second.close()]);
    });
  }
});
