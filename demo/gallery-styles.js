import { copyOnClick } from './snippet.js';

/** Code without the indentation that it has in its page. */
function dedent(text) {
  const lines = text.replace(/^\s*\n|\s+$/g, '').split('\n');
  const indents = lines.filter((line) => line.trim()).map((line) => /^ */.exec(line)[0].length);
  return lines.map((line) => line.slice(Math.min(...indents))).join('\n');
}

/** The tag as it would be written in a page. */
function tagOf(element) {
  const attributes = [...element.attributes].map(({ name, value }) => ` ${name}="${value}"`).join('');
  return `<session-connection-count${attributes} …>`;
}

/** Shows each style sheet that a `data-style` names, below what it does: the one that the page applies. */
export function showStyles() {
  for (const figure of document.querySelectorAll('[data-style]')) {
    const heading = figure.querySelector('h3');
    heading.id = `${figure.dataset.style}-name`;
    const tag = document.createElement('code');
    tag.textContent = tagOf(figure.querySelector('session-connection-count'));
    const code = document.createElement('code');
    code.textContent = dedent(document.getElementById(figure.dataset.style).textContent);
    const block = document.createElement('pre');
    // It scrolls, so it has to be within reach of the keyboard.
    block.tabIndex = 0;
    block.setAttribute('role', 'region');
    block.setAttribute('aria-labelledby', heading.id);
    block.append(code);
    const summary = document.createElement('summary');
    summary.textContent = 'Show CSS';
    const details = document.createElement('details');
    details.append(summary, tag, block);
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'Copy CSS';
    button.setAttribute('aria-describedby', heading.id);
    copyOnClick(button, code);
    figure.append(button, details);
  }
}
