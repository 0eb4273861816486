/** An element whose words are in the language of the page around it. */
interface Speaker extends Element {
  requestUpdate(): void;
}

const speakers = new Set<Speaker>();
// Made here: made for the first element, it would keep that one for ever. Not to be had on a server.
const observer =
  globalThis.MutationObserver &&
  new MutationObserver(() => speakers.forEach((speaker) => speaker.requestUpdate()));

/**
 * The language that holds for an element: the nearest `lang` attribute, across shadow roots, else the
 * browser's. May be no valid language tag, since it is the page's. While the element is on the page, a change
 * of what it was found in leads to an update.
 */
export function followLanguage(element: Speaker): string | undefined {
  if (element.isConnected) speakers.add(element);
  else speakers.delete(element);
  if (!speakers.size) observer.disconnect();
  let node: Element | undefined = element;
  while (node?.closest) {
    const root = node.getRootNode();
    if (element.isConnected) observer.observe(root, { attributeFilter: ['lang'], subtree: true });
    const nearest = node.closest('[lang]');
    if (nearest) return nearest.getAttribute('lang')!;
    node = (root as Partial<ShadowRoot>).host;
  }
  return navigator.language;
}
