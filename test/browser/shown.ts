import { fixture } from '@open-wc/testing';
import '../../src/index.js';
import type { SessionConnectionCountElement } from '../../src/element/index.js';
import type { ConnectionSource } from '../../src/session/connection-source.js';
import { ScriptedSource, type Scene } from './scripted-source.js';

/** Puts an element on the page, where nothing else is asked for with a source that the test plays. */
export async function show(
  scene: Scene | ConnectionSource,
  attributes = '',
  children = '',
): Promise<{ element: SessionConnectionCountElement; source: ScriptedSource }> {
  const source = scene instanceof EventTarget ? (scene as ScriptedSource) : new ScriptedSource(scene);
  const element = await fixture<SessionConnectionCountElement>(
    `<session-connection-count ${attributes}>${children}</session-connection-count>`,
  );
  element.session = source;
  await element.updateComplete;
  return { element, source };
}

const isShown = (element: Element): boolean => !!element.getClientRects().length;

const find = (element: Element, selector: string): Element[] => [
  ...element.shadowRoot!.querySelectorAll(selector),
];

/** The text that a visitor sees, children included. */
export function visibleText(element: Element): string {
  const slot = find(element, 'slot')[0] as HTMLSlotElement;
  const assigned = slot.assignedNodes().map(({ textContent }) => textContent);
  const fallback = slot.hidden ? '' : assigned.length ? assigned.join('') : slot.textContent;
  return (
    find(element, '[part=label] span')
      .filter(isShown)
      .map(({ textContent }) => textContent)
      .join('') + fallback
  ).trim();
}

/** The words for the state, for those who don't see the indicator. */
export const hiddenText = (element: Element): string => find(element, '.hidden:not([role])')[0]!.textContent;

/** The tooltip. */
export const titleOf = (element: Element): string | null =>
  find(element, '[part=indicator]')[0]!.getAttribute('title');

/** What the indicator draws. */
export const shapeOf = (element: Element): string | null => find(element, 'path')[0]!.getAttribute('d');

/** What the live region says; undefined where there is none. */
export const announced = (element: Element): string | undefined =>
  find(element, '[role=status]')[0]?.textContent;

/** Collects the details of an element's events, in order. */
export function record<Type extends keyof HTMLElementEventMap>(
  target: EventTarget,
  ...types: Type[]
): unknown[] {
  const details: unknown[] = [];
  for (const type of types) {
    target.addEventListener(type, (event) => {
      event.preventDefault();
      details.push((event as CustomEvent).detail);
    });
  }
  return details;
}
