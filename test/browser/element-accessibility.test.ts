import { expect, fixture } from '@open-wc/testing';
import { sendKeys } from '@web/test-runner-commands';
import { ScriptedClock } from './scripted-clock.js';
import type { Scene } from './scripted-source.js';
import { announced, hiddenText, shapeOf, show, visibleText } from './shown.js';

const scenes: Record<string, Scene> = {
  idle: { state: 'idle' },
  connecting: { state: 'connecting' },
  connected: { state: 'connected', count: 1500 },
  stale: { state: 'connected', count: 1500, stale: true },
  reconnecting: { state: 'reconnecting', count: 1500 },
  disconnected: { state: 'disconnected' },
  removed: { state: 'disconnected', reason: 'forceDisconnected' },
  failed: { state: 'failed' },
};

/** Shows an element that was idle when it came. */
async function reach(scene: Scene, attributes = '', children = ''): ReturnType<typeof show> {
  const shown = await show({}, attributes, children);
  shown.source.play(scene);
  await shown.element.updateComplete;
  return shown;
}

describe('accessibility', () => {
  for (const [name, scene] of Object.entries(scenes)) {
    it(`${name}: axe has nothing to say, with announcements, from right to left, on a dark page`, async () => {
      const clock = new ScriptedClock();
      const { element } = await reach(
        scene,
        'lang="he" announce="5" label="{count} צופים (עכשיו)"',
        'אין עדיין',
      );
      clock.advance(5_000);
      clock.stop();
      const page = await fixture<HTMLElement>('<main dir="rtl"></main>');
      page.style.cssText = 'background: #111; color: #eee; color-scheme: dark';
      page.append(element);
      await element.updateComplete;
      expect(announced(element)).to.equal(scene.count ? '1,500 צופים (עכשיו)' : '');
      await expect(page).to.be.accessible();
    });
  }

  it('tells no two states apart by colour alone', async () => {
    const looks = new Set<string>();
    for (const [name, scene] of Object.entries(scenes)) {
      if (name === 'stale') continue;
      const { element } = await reach(scene);
      const { fill } = getComputedStyle(element.shadowRoot!.querySelector('svg')!);
      expect(fill, name).to.equal(getComputedStyle(element).color);
      looks.add([shapeOf(element), hiddenText(element)].join());
    }
    expect(looks.size).to.equal(7);
  });

  it('is passed over by the Tab key, in every state', async () => {
    const page = await fixture('<div><input aria-label="before"><p></p><input aria-label="after"></div>');
    const [before, after] = page.querySelectorAll('input');
    for (const scene of Object.values(scenes)) {
      const { element } = await reach(scene, 'announce="5" label="{count} here"', 'many');
      page.querySelector('p')!.replaceChildren(element);
      await element.updateComplete;
      before!.focus();
      await sendKeys({ press: 'Tab' });
      expect(document.activeElement).to.equal(after);
    }
  });

  it("leaves the page's own attributes on it as they are, and adds none", async () => {
    const own = { role: 'img', 'aria-label': 'People online', title: 'Live', 'aria-live': 'off', dir: 'ltr' };
    const attributesOf = (element: Element): Record<string, string> =>
      Object.fromEntries([...element.attributes].map(({ name, value }) => [name, value]));
    for (const attributes of [own, {}] as Record<string, string>[]) {
      const { element, source } = await show({});
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
      for (const scene of Object.values(scenes)) {
        source.play(scene);
        await element.updateComplete;
        expect(attributesOf(element)).to.deep.equal(attributes);
      }
    }
  });
});

/** A page of its own, as wide as what is left of 1280 pixels at 400 %. */
async function narrowPage(direction: string): Promise<HTMLElement> {
  const frame = await fixture<HTMLIFrameElement>('<iframe></iframe>');
  frame.style.cssText = 'border: 0; inline-size: 320px; block-size: 256px';
  const { documentElement, body } = frame.contentDocument!;
  documentElement.dir = direction;
  body.innerHTML = '<p></p><p id="next">What comes next on the page.</p>';
  return body;
}

describe('at 400 %', () => {
  const label = '{count} people are here now, and some of them read these rather long words as well';

  for (const direction of ['ltr', 'rtl']) {
    for (const spacing of ['', 'line-height: 1.5; letter-spacing: 0.12em; word-spacing: 0.16em']) {
      it(`a long label is broken into lines, without scrolling or overlap, ${direction}${spacing && ', with wide spacing'}`, async () => {
        const body = await narrowPage(direction);
        body.style.cssText = spacing;
        const [line, next] = body.children;
        for (const scene of Object.values(scenes)) {
          const { element } = await reach(scene, `announce="1" label="${label}" lang="en"`, label);
          line!.replaceChildren(element);
          await element.updateComplete;
          const shown = element.count === undefined ? label : label.replace('{count}', '1,500');
          expect(visibleText(element)).to.equal(shown);
          const page = body.ownerDocument.documentElement;
          // Every way in which its lines may be broken.
          for (let width = 320; width > 200; width -= 3) {
            (line as HTMLElement).style.inlineSize = `${width - 16}px`;
            expect(line!.scrollWidth, `${width}`).to.be.at.most(width - 16);
          }
          (line as HTMLElement).style.inlineSize = '';
          expect(page.scrollWidth).to.be.at.most(320);
          const { height, bottom } = line!.getBoundingClientRect();
          expect(height).to.be.greaterThan(2 * parseFloat(getComputedStyle(line!).fontSize));
          expect(next!.getBoundingClientRect().top).to.be.at.least(bottom);
        }
      });
    }
  }
});
