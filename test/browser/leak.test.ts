import { expect, fixture } from '@open-wc/testing';
import '../../src/index.js';
import type { SessionConnectionCountElement } from '../../src/index.js';
import { ScriptedClock } from './scripted-clock.js';
import { ScriptedServer } from './scripted-server.js';

const tag = 'session-connection-count';

/** How many listeners the page's window and document got and still have, from now until `stop()`. */
class ListenerCount {
  added = 0;
  readonly #targets: EventTarget[] = [window, document];

  constructor() {
    for (const target of this.#targets) {
      const own = target.addEventListener.bind(target);
      target.addEventListener = (type, listener, options) => {
        this.added++;
        (options as AddEventListenerOptions).signal!.addEventListener('abort', () => this.added--);
        own(type, listener, options);
      };
    }
  }

  stop(): void {
    for (const target of this.#targets) Reflect.deleteProperty(target, 'addEventListener');
  }
}

describe('a thousand elements', () => {
  let server: ScriptedServer;
  let clock: ScriptedClock;
  let listeners: ListenerCount;
  let page: HTMLElement;
  beforeEach(async () => {
    page = await fixture<HTMLElement>('<div></div>');
    server = new ScriptedServer();
    clock = new ScriptedClock();
    listeners = new ListenerCount();
  });
  afterEach(() => {
    listeners.stop();
    clock.stop();
    server.stop();
  });

  const add = (properties: (place: number) => object): SessionConnectionCountElement[] => {
    const elements = Array.from({ length: 1000 }, (_, place) =>
      Object.assign(document.createElement(tag), { server: '/', announce: '5' }, properties(place)),
    );
    page.append(...elements);
    return elements;
  };
  const updated = async (elements: SessionConnectionCountElement[]): Promise<void> => {
    await Promise.all(elements.map((element) => element.updateComplete));
  };
  const open = (): number => server.sockets.filter(({ readyState }) => readyState < 2).length;
  const connected = async (elements: SessionConnectionCountElement[]): Promise<void> => {
    do await updated(elements);
    while (!elements.every(({ state }) => state === 'connected'));
  };
  const nothingIsLeft = (): void => {
    expect([open(), clock.pending, listeners.added]).to.deep.equal([0, 0, 0]);
  };

  for (const [what, sockets, properties] of [
    ['of one session', 1, () => ({ sessionId: 'shared by 1,000' })],
    ['of a thousand sessions', 1000, (place: number) => ({ sessionId: `one of 1,000: ${place}` })],
  ] as const) {
    it(`${what} leave nothing behind when they are removed`, async () => {
      const elements = add(properties);
      await connected(elements);
      expect(open()).to.equal(sockets);
      expect(clock.pending).to.be.above(sockets);
      expect(listeners.added).to.be.above(sockets);
      page.replaceChildren();
      await updated(elements);
      clock.advance(1_000);
      expect(server.sockets).to.have.lengthOf(sockets);
      nothingIsLeft();
    });

    it(`${what} leave nothing behind when they are removed before they are connected`, async () => {
      const elements = add(properties);
      await updated(elements);
      page.replaceChildren();
      await updated(elements);
      clock.advance(1_000);
      await updated(elements);
      nothingIsLeft();
    });
  }

  it('that changed their session over and over leave nothing behind', async () => {
    const elements = add(() => ({}));
    for (let round = 0; round < 5; round++) {
      for (const [place, element] of elements.entries()) {
        element.sessionId = `round ${round}, ${place % 10}`;
      }
      await connected(elements);
      clock.advance(1_000);
      expect(open()).to.equal(10);
    }
    page.replaceChildren();
    await updated(elements);
    clock.advance(1_000);
    nothingIsLeft();
  });

  it('whose server went away leave nothing behind', async () => {
    const elements = add(() => ({ sessionId: 'lost by 1,000' }));
    await connected(elements);
    server.sockets[0]!.close(1006);
    while (elements.some(({ state }) => state !== 'reconnecting')) await updated(elements);
    page.replaceChildren();
    await updated(elements);
    clock.advance(1_000);
    nothingIsLeft();
  });

  it('that were refused leave nothing behind', async () => {
    server.verdict = () => ({ code: 4401 });
    const elements = add(() => ({ sessionId: 'refused to 1,000', token: 'a.b.c' }));
    for (const element of elements)
      element.addEventListener('session-error', (event) => event.preventDefault());
    while (elements.some(({ state }) => state !== 'failed')) await updated(elements);
    page.replaceChildren();
    await updated(elements);
    clock.advance(1_000);
    nothingIsLeft();
  });

  it('that were never on the page take nothing', () => {
    const elements = Array.from({ length: 1000 }, () =>
      Object.assign(document.createElement(tag), { server: '/', sessionId: 'of nobody' }),
    );
    document.createElement('div').append(...elements);
    expect(server.sockets).to.have.lengthOf(0);
    nothingIsLeft();
  });
});
