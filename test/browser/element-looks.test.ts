import { expect, fixture } from '@open-wc/testing';
import '../../src/index.js';
import { ScriptedSource } from './scripted-source.js';

describe('looks', () => {
  for (const [direction, neighbour] of [
    ['rtl', 'Design review'],
    ['rtl', 'مراجعة'],
    ['ltr', 'مراجعة'],
    ['ltr', 'Design review'],
  ] as const) {
    it(`the sign stands before the number, ${direction}, beside the words "${neighbour}"`, async () => {
      const line = await fixture(
        `<p dir="${direction}">${neighbour} <session-connection-count></session-connection-count> ${neighbour}</p>`,
      );
      const element = line.querySelector('session-connection-count')!;
      element.session = new ScriptedSource({ state: 'connected', count: 128 });
      await element.updateComplete;
      const find = (selector: string): Element => element.shadowRoot!.querySelector(selector)!;
      const sign = find('svg').getBoundingClientRect();
      const number = find('[part=count]').getBoundingClientRect();
      const gap = direction === 'rtl' ? sign.left - number.right : number.left - sign.right;
      const wanted = Number.parseFloat(getComputedStyle(find('[part=indicator]')).marginInlineEnd);
      expect(gap).to.be.closeTo(wanted, 0.5);
    });
  }

  it('no line breaks between the sign and the number', async () => {
    const line = await fixture<HTMLElement>(
      '<p>So many: <session-connection-count></session-connection-count></p>',
    );
    const element = line.querySelector('session-connection-count')!;
    element.session = new ScriptedSource({ state: 'connected', count: 128 });
    await element.updateComplete;
    const middle = (selector: string): number => {
      const { top, bottom } = element.shadowRoot!.querySelector(selector)!.getBoundingClientRect();
      return (top + bottom) / 2;
    };
    for (let width = 20; width <= 120; width++) {
      line.style.width = `${width}px`;
      expect(middle('svg'), `${width} px wide`).to.be.closeTo(middle('[part=count]'), 4);
    }
  });
});
