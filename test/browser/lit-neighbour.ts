import { html, LitElement } from 'lit';

/** Somebody else's element, made with a lit of its own. */
class LitNeighbour extends LitElement {
  protected override render(): unknown {
    return html`<b>neighbour</b>`;
  }
}

customElements.define('lit-neighbour', LitNeighbour);
