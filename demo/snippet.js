const scriptAddress = new URL('../session-connection-count.js', location.href).href;

const escapeAttribute = (value) => value.replaceAll('&', '&amp;').replaceAll('"', '&quot;');

/** The two lines that put the element into a page. An attribute that is undefined is left out. */
export function twoLines(attributes) {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => (value === '' ? ` ${name}` : ` ${name}="${escapeAttribute(value)}"`))
    .join('');
  return `<script type="module" src="${scriptAddress}"></script>
<session-connection-count${written}>–</session-connection-count>`;
}

/** Shows the two lines. The token gets an element of its own, to be shown short and still copied whole. */
export function showSnippet(code, attributes) {
  const { token } = attributes;
  const lines = twoLines(attributes);
  code.textContent = lines;
  if (!token) return;
  const [before, after] = lines.split(token);
  const short = document.createElement('span');
  short.className = 'token';
  short.textContent = token;
  code.replaceChildren(before, short, after);
}

/** Makes a button copy the text of `code`. */
export function copyOnClick(button, code) {
  const usual = button.textContent;
  let reset;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = 'Selected';
    }
    clearTimeout(reset);
    reset = setTimeout(() => (button.textContent = usual), 2000);
  });
}
