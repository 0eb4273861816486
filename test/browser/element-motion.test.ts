import { expect } from '@open-wc/testing';
import { emulateMedia } from '@web/test-runner-commands';
import { show } from './shown.js';

/** Only Chromium can be told while it runs that motion is to be reduced. */
const canReduceMotion = navigator.userAgent.includes('Chrome');

describe('motion', () => {
  const start = (root: ShadowRoot): Promise<AnimationEvent> =>
    new Promise((resolve) =>
      root.addEventListener('animationstart', (event) => resolve(event as AnimationEvent), { once: true }),
    );

  it('a new number appears gently, each time, and the same number stands still', async () => {
    const { element, source } = await show({ state: 'connected' });
    const root = element.shadowRoot!;
    for (const count of [7, 8]) {
      const started = start(root);
      source.play({ count });
      const { animationName, target } = await started;
      expect(animationName).to.equal('appear');
      expect(target).to.equal(root.querySelector('[part=count]'));
    }
    const [running] = root.getAnimations();
    source.play({ stale: false });
    await element.updateComplete;
    expect(root.getAnimations()).to.deep.equal([running]);
  });

  it('a page may have an animation of its own for it, or none', async () => {
    const { element, source } = await show({ state: 'connected', count: 7 }, 'class="own"');
    const style = document.createElement('style');
    style.textContent = '.own::part(count) { animation: drop 1s } @keyframes drop { 0% { opacity: 0.9 } }';
    element.after(style);
    const started = start(element.shadowRoot!);
    source.play({ count: 8 });
    expect((await started).animationName).to.equal('drop');
    style.textContent = '.own::part(count) { animation: none }';
    source.play({ count: 9 });
    await element.updateComplete;
    expect(element.shadowRoot!.getAnimations()).to.deep.equal([]);
  });

  it('nothing moves where motion is to be reduced', async function () {
    if (!canReduceMotion) return this.skip();
    const { element, source } = await show({ state: 'connecting' });
    const moving = (): string[] =>
      element.shadowRoot!.getAnimations().map((animation) => (animation as CSSAnimation).animationName);
    await emulateMedia({ reducedMotion: 'no-preference' });
    expect(moving()).to.include('turn');
    await emulateMedia({ reducedMotion: 'reduce' });
    expect(moving()).to.deep.equal([]);
    source.play({ state: 'connected', count: 7 });
    await element.updateComplete;
    expect(moving()).to.deep.equal([]);
  });
});
