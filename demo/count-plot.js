/** How far back the plot goes, and from one time on its axis to the next, in seconds. */
const span = 120;
const tick = 30;
const margin = { top: 12, right: 5, bottom: 28, left: 28 };
const compact = new Intl.NumberFormat('en', { notation: 'compact' });
const mostLines = 4;
/** In pixels. */
const roomForTime = 80;

/** The smallest of 1, 2, 5, 10, 20, … that divides the height into few enough parts. */
function stepFor(highest) {
  for (let power = 1; ; power *= 10) {
    const step = [1, 2, 5].map((factor) => factor * power).find((size) => highest / size <= mostLines);
    if (step) return step;
  }
}

/** A step plot of a count over the last minutes. It moves on by itself. */
export class CountPlot {
  #svg;
  /** From oldest to newest; a count is undefined where none was known. */
  #changes = [];

  constructor(svg) {
    this.#svg = svg;
    new ResizeObserver(() => this.#draw()).observe(svg);
    setInterval(() => this.#draw(), 1000);
  }

  /** The count from now on. */
  add(count) {
    this.#changes.push({ time: Date.now(), count });
    const counts = this.#changes.flatMap((change) => change.count ?? []);
    if (counts.length) {
      this.#svg.setAttribute(
        'aria-label',
        `The count over the last ${span} seconds: ${Math.min(...counts)} to ${Math.max(...counts)}, now ${count ?? 'unknown'}`,
      );
    }
    this.#draw();
  }

  clear() {
    this.#changes = [];
    this.#draw();
  }

  #draw() {
    const { clientWidth: width, clientHeight: height } = this.#svg;
    if (!width) return;
    const now = Date.now();
    const start = now - span * 1000;
    // The last change before the window tells what holds at its left edge.
    while (this.#changes[1]?.time < start) this.#changes.shift();

    const highest = Math.max(mostLines, ...this.#changes.map(({ count }) => count ?? 0));
    const step = stepFor(highest);
    const top = Math.ceil(highest / step) * step;
    const baseline = height - margin.bottom;
    const scale = (width - margin.left - margin.right) / (now - start);
    const x = (time) => margin.left + (Math.max(time, start) - start) * scale;
    const y = (count) => baseline - (count / top) * (baseline - margin.top);

    const parts = [];
    for (let count = 0; count <= top; count += step) {
      parts.push(`<line class="rule" x1="${margin.left}" x2="${width - margin.right}" y1="${y(count)}" y2="${y(count)}"/>
        <text x="0" y="${y(count)}" dy="0.35em">${compact.format(count)}</text>`);
    }
    const everyTick = tick * 1000 * scale > roomForTime;
    for (let ago = 0; ago <= span; ago += everyTick ? tick : 2 * tick) {
      const anchor = ago === 0 ? 'end' : ago === span ? 'start' : 'middle';
      const text = ago === 0 ? 'now' : `−${ago} s`;
      parts.push(`<text x="${x(now - ago * 1000)}" y="${height - 6}" text-anchor="${anchor}">${text}</text>`);
    }
    let from;
    let line;
    this.#changes.forEach(({ time, count }, index) => {
      if (count === undefined) return;
      const next = this.#changes[index + 1];
      if (this.#changes[index - 1]?.count === undefined) {
        from = x(time);
        line = `M${from} ${y(count)}`;
      }
      line += `V${y(count)}H${x(next?.time ?? now)}`;
      if (next?.count !== undefined) return;
      parts.push(`<path class="area" d="${line}V${baseline}H${from}Z"/><path class="line" d="${line}"/>`);
      if (!next) parts.push(`<circle class="head" cx="${x(now)}" cy="${y(count)}" r="4"/>`);
    });
    this.#svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.#svg.innerHTML = parts.join('');
  }
}
