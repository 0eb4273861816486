/**
 * Everything is laid out on inner elements: a page that resets all elements reaches the host, but not them.
 * The shapes are in the colour of the text, so that they follow it in forced colours too. What is isolated keeps
 * its place also where the words around it run in the other direction than the page. Hidden text has a place given:
 * else it is beyond the end of the line in Safari, from right to left, and the page scrolls.
 */
const text = `
  :host([hidden]) .base,
  [hidden] {
    display: none;
  }
  .base {
    font-variant-numeric: tabular-nums;
  }
  .base,
  [part='indicator'] {
    position: relative;
    unicode-bidi: isolate;
  }
  [part='indicator'] {
    margin-inline-end: var(--session-connection-count-gap, 0.3em);
    color: var(--session-connection-count-indicator-color, inherit);
    white-space: nowrap;
  }
  svg {
    width: var(--session-connection-count-indicator-size, 0.45em);
    fill: currentColor;
    translate: 0 calc(50% - 0.355em);
  }
  .reconnecting [part='count'] {
    text-decoration-line: underline;
    text-decoration-style: dotted;
    text-decoration-thickness: 0.06em;
    text-underline-offset: 0.2em;
  }
  .hidden {
    position: absolute;
    inset-inline-start: 0;
    width: 1px;
    overflow: hidden;
    opacity: 0;
    white-space: nowrap;
    user-select: none;
  }
  @media (prefers-reduced-motion: no-preference) {
    [part='count'] {
      animation: appear 0.4s;
    }
    .connecting svg,
    .reconnecting svg {
      animation: turn 2s linear infinite;
    }
  }
  @keyframes appear {
    0% {
      opacity: 0.6;
    }
  }
  @keyframes turn {
    to {
      transform: rotate(1turn);
    }
  }
`;

const sheets = new WeakMap<Document, CSSStyleSheet>();

/** Dresses a shadow root for the document that it is in: a sheet works in the one that it was made in. */
export function dress(root: ShadowRoot): void {
  const { ownerDocument } = root;
  // Without a window there is nothing to see, nor a sheet to be had.
  if (!ownerDocument.defaultView) return;
  let sheet = sheets.get(ownerDocument);
  if (!sheet) {
    sheets.set(ownerDocument, (sheet = new ownerDocument.defaultView.CSSStyleSheet()));
    sheet.replaceSync(text);
  }
  root.adoptedStyleSheets = [sheet];
}
