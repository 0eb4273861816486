const scriptAddress = new URL('../session-connection-count.js', location.href).href;

const escapeAttribute = (value) => value.replaceAll('&', '&amp;').replaceAll('"', '&quot;');

/** The opening tag up to the value of its token, and what follows the value. */
function elementAround(attributes) {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => (value === '' ? ` ${name}` : ` ${name}="${escapeAttribute(value)}"`))
    .join('');
  return [`<session-connection-count${written}`, '>–</session-connection-count>'];
}

const scriptLine = `<script type="module" src="${scriptAddress}"></script>`;

/** The two lines that put the element into a page. */
export function twoLines(attributes, token) {
  const [head, tail] = elementAround(attributes);
  return `${scriptLine}\n${head}${token ? ` token="${token}"` : ''}${tail}`;
}

/** Shows the two lines. The token gets an element of its own, to be shown short and still copied whole. */
export function showSnippet(code, attributes, token) {
  const [head, tail] = elementAround(attributes);
  code.textContent = `${scriptLine}\n${head}`;
  if (token) {
    const value = document.createElement('span');
    value.className = 'token';
    value.textContent = token;
    code.append(' token="', value, '"');
  }
  code.append(tail);
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
