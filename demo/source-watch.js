/**
 * Calls back with the element's source, now and whenever it is another one: a change of attributes may
 * replace it, even without a change of state.
 */
export function watchSource(element, onSource) {
  let known;
  const check = () => {
    if (element.source === known) return;
    known = element.source;
    onSource(known);
  };
  element.addEventListener('session-state-change', check);
  new MutationObserver(() => element.updateComplete.then(check)).observe(element, { attributes: true });
  check();
}
