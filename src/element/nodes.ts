/** What a node has: its `text`, and attributes by their names, of which anything but a string is none. */
export type Content = Record<string, string | false | null | undefined>;

const given = new WeakMap<Element, Content>();

/**
 * Gives a node what it wasn't given last. Doesn't look at what is there: what a page translator made of a text
 * stays until there is another text.
 */
export function give(node: Element, content: Content): void {
  const last = given.get(node);
  given.set(node, content);
  for (const name in content) {
    const value = content[name];
    if (value === last?.[name]) continue;
    if (name === 'text') node.textContent = value || '';
    else if (typeof value === 'string') node.setAttribute(name, value);
    else node.removeAttribute(name);
  }
}

/** Makes a node of HTML, or of SVG. Works without markup, so that Trusted Types has nothing to say to it. */
export function make(name: string, content: Content = {}, ...children: (Node | string)[]): Element {
  const node = /svg|path/.test(name)
    ? document.createElementNS('http://www.w3.org/2000/svg', name)
    : document.createElement(name);
  give(node, content);
  node.append(...children);
  return node;
}
