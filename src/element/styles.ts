import { css } from 'lit';

/**
 * Everything is laid out on inner elements: a page that resets all elements reaches the host, but not them.
 * The shapes are strokes, so that they follow the text's colour in forced colours too.
 */
export const styles = css`
  :host([hidden]) .base,
  .base [hidden] {
    display: none;
  }
  .base {
    position: relative;
    font-variant-numeric: tabular-nums;
  }
  [part='indicator'] {
    position: relative;
    padding-inline-start: var(--session-connection-count-indicator-size, 0.45em);
    margin-inline-end: var(--session-connection-count-gap, 0.35em);
  }
  svg {
    position: absolute;
    inset: 0;
    margin: auto;
    inline-size: 100%;
    overflow: visible;
    fill: none;
    stroke: var(--session-connection-count-indicator-color, currentColor);
    stroke-width: 2;
    stroke-linecap: round;
  }
  .connected path {
    stroke-width: 9;
  }
  .reconnecting [part='count'] {
    text-decoration: underline dotted 0.06em;
    text-underline-offset: 0.2em;
  }
  .hidden {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
    user-select: none;
  }
  @media (prefers-reduced-motion: no-preference) {
    .connecting svg,
    .reconnecting svg {
      animation: turn 2s linear infinite;
    }
  }
  @media (forced-colors: active) {
    svg {
      stroke: currentColor;
    }
  }
  @keyframes turn {
    to {
      transform: rotate(1turn);
    }
  }
`;
