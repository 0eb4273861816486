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

  it('no line breaks on either side of the sign', async () => {
    const line = await fixture<HTMLElement>(
      '<p>So many (<session-connection-count></session-connection-count>)</p>',
    );
    const element = line.querySelector('session-connection-count')!;
    element.session = new ScriptedSource({ state: 'connected', count: 128 });
    await element.updateComplete;
    const bracket = document.createRange();
    bracket.setStart(line.firstChild!, 'So many '.length);
    bracket.setEnd(line.firstChild!, 'So many ('.length);
    const middle = (place: Element | Range): number => {
      const { top, bottom } = place.getBoundingClientRect();
      return (top + bottom) / 2;
    };
    const find = (selector: string): Element => element.shadowRoot!.querySelector(selector)!;
    for (let width = 20; width <= 120; width++) {
      line.style.width = `${width}px`;
      expect(middle(find('svg')), `${width} px wide`).to.be.closeTo(middle(find('[part=count]')), 4);
      expect(middle(find('svg')), `${width} px wide`).to.be.closeTo(middle(bracket), 4);
    }
  });

  for (const [name, ascent] of [
    ['usual', 'normal'],
    ['tall', '140%'],
  ] as const) {
    it(`the sign is at half the height of the digits, in a font of ${name} ascent, at every size`, async () => {
      const line = await fixture<HTMLElement>(
        `<p>
          <style>
            @font-face {
              font-family: measured;
              src: local('DejaVu Sans'), local('Liberation Sans'), local('Arial');
              ascent-override: ${ascent};
            }
          </style>
          <session-connection-count></session-connection-count><i style="display: inline-block"></i>
        </p>`,
      );
      const element = line.querySelector('session-connection-count')!;
      element.session = new ScriptedSource({ state: 'connected', count: 128 });
      await element.updateComplete;
      await document.fonts.load('16px measured');
      line.style.fontFamily = 'measured, sans-serif';
      for (const size of [12, 16, 40, 96]) {
        line.style.fontSize = `${size}px`;
        const { top, bottom } = element.shadowRoot!.querySelector('svg')!.getBoundingClientRect();
        const baseline = line.querySelector('i')!.getBoundingClientRect().bottom;
        expect((baseline - (top + bottom) / 2) / size, `${size} px`).to.be.closeTo(0.355, 0.03);
      }
    });
  }

  it('leaves no empty line where a page takes the sign away and gives the number a line of its own', async () => {
    const line = await fixture(
      `<div>
        <style>
          .alone::part(indicator) { display: none }
          .alone::part(count) { display: block }
        </style>
        <session-connection-count class="alone" style="display: block"></session-connection-count>
      </div>`,
    );
    const element = line.querySelector('session-connection-count')!;
    element.session = new ScriptedSource({ state: 'connected', count: 128 });
    await element.updateComplete;
    const number = element.shadowRoot!.querySelector('[part=count]')!;
    expect(element.getBoundingClientRect().height).to.equal(number.getBoundingClientRect().height);
  });
});
