import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { ServerProcess } from './server-process.js';
import { Site } from './site.js';
import { shows, Tabs, until } from './tabs.js';

// The object is a stand-in: a room needs its platform's server.
const room = `const room = {
  state: 'connected',
  localParticipant: { sid: 'own', identity: 'me' },
  remoteParticipants: new Map([['a', { sid: 'a', identity: 'a' }]]),
  heard: {},
  on(event, listener) { room.heard[event] = listener; },
  off(event) { delete room.heard[event]; },
};`;

suite('a page in a session of another platform', () => {
  const server = new ServerProcess();
  const site = new Site();
  const tabs = new Tabs();
  before(() => Promise.all([server.start(), site.start(), tabs.start()]));
  after(async () => {
    await tabs.stop();
    await server.stop();
    site.stop();
  });

  test('shows how many are in it, and asks the server for one file more', async () => {
    const tab = await tabs.open(
      site.put(
        '/room',
        `<script type="module" src="${server.url}/session-connection-count.js"></script>
        <session-connection-count></session-connection-count>
        <script type="module">${room}
          window.room = room;
          const element = document.querySelector('session-connection-count');
          await element.updateComplete;
          const loaded = () => performance.getEntriesByType('resource').map(({ name }) => name.split('/').pop()).filter((name) => name.endsWith('.js'));
          window.before = loaded();
          element.session = room;
          window.loaded = loaded;
        </script>`,
      ),
    );
    await shows(tab, 2);
    const [before, after] = await tab.evaluate(() => {
      const page = window as unknown as { before: string[]; loaded(): string[] };
      return [page.before, page.loaded()];
    });
    assert.deepEqual(before, ['session-connection-count.js']);
    assert.deepEqual(after, ['session-connection-count.js', 'session-connection-count.adapters.js']);
    await tab.evaluate(() => {
      const { room } = window as unknown as {
        room: { heard: Record<string, (participant: object) => void> };
      };
      room.heard.participantConnected!({ sid: 'b', identity: 'b' });
    });
    await shows(tab, 3);
    // It leaves no listener of its own behind.
    await tab.evaluate(() => document.querySelector('session-connection-count')!.remove());
    await until(tab, () => {
      const { room } = window as unknown as { room: { heard: object } };
      return Object.keys(room.heard).length === 0;
    });
  });
});
