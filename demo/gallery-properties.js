/** A form whose controls are named as custom properties: what they say holds for `element`, and stands in `code`. */
export function followProperties(form, element, code) {
  const controls = [...form.elements].filter(({ name }) => name);

  const show = () => {
    const lines = [];
    for (const control of controls) {
      const { name, value, defaultValue, dataset } = control;
      const isDefault = value === defaultValue;
      const written = isDefault && dataset.default ? dataset.default : value + (dataset.unit ?? '');
      form.querySelector(`output[for="${control.id}"]`).textContent = written;
      if (isDefault) {
        element.style.removeProperty(name);
      } else {
        element.style.setProperty(name, written);
        lines.push(`  ${name}: ${written};`);
      }
    }
    code.textContent = lines.length
      ? ['session-connection-count {', ...lines, '}'].join('\n')
      : '/* Nothing is needed. */';
  };
  form.addEventListener('input', show);
  form.addEventListener('submit', (event) => event.preventDefault());
  // The controls have their values back only afterwards.
  form.addEventListener('reset', () => setTimeout(show));
  show();
}
