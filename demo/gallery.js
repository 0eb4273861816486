import '../session-connection-count.js';
import { FixedCount } from './fixed-count.js';
import { followProperties } from './gallery-properties.js';
import { showStates } from './gallery-states.js';
import { showStyles } from './gallery-styles.js';
import { ScriptedSource } from './scripted-source.js';

const byId = (id) => document.getElementById(id);

const first = 128;
/** Beyond these the largest of the sizes would outgrow a telephone. */
const range = { least: 0, most: 999 };
/** The changes of a storm, in ms. */
const pause = 250;

const crowd = new ScriptedSource();

function become(count) {
  crowd.play({ count: Math.min(Math.max(count, range.least), range.most) });
}

let storm;
function toggleStorm({ target }) {
  clearInterval(storm);
  const starts = !storm;
  storm = starts && setInterval(() => become(crowd.count + Math.floor(Math.random() * 21) - 10), pause);
  target.textContent = starts ? 'Calm' : 'Storm';
}

become(first);
showStates(first);
for (const element of document.querySelectorAll('session-connection-count')) {
  const { count } = element.dataset;
  if (count) element.session = new FixedCount(Number(count));
  else if (element.id !== 'live' && !element.session) element.session = crowd;
}
showStyles();
followProperties(byId('properties-form'), byId('properties-specimen'), byId('properties-code'));

byId('fewer').addEventListener('click', () => become(crowd.count - 1));
byId('more').addEventListener('click', () => become(crowd.count + 1));
byId('storm').addEventListener('click', toggleStorm);
byId('controls').addEventListener('submit', (event) => event.preventDefault());
byId('controls').addEventListener('input', ({ target: { name, value } }) => {
  const root = document.documentElement;
  if (name === 'scheme') root.style.colorScheme = value;
  if (name === 'dir') root.dir = value;
});
