import '../session-connection-count.js';
import { AttributeForm } from './attribute-form.js';
import { ConnectionList } from './connection-list.js';
import { CountPlot } from './count-plot.js';
import { developmentToken } from './development-token.js';
import { EventLog } from './event-log.js';
import { FixedCount } from './fixed-count.js';
import { copyOnClick, showSnippet } from './snippet.js';
import { watchSource } from './source-watch.js';
import { VisitorFrames } from './visitor-frames.js';

const byId = (id) => document.getElementById(id);

const hero = byId('hero');
const live = [hero, ...document.querySelectorAll('session-connection-count.live')];
const frames = new VisitorFrames(byId('frames'));
const log = new EventLog(byId('event-log'));
const plot = new CountPlot(byId('plot'));
const connections = new ConnectionList(byId('connections'), byId('connections-note'), (error) =>
  log.add('error', 'forceDisconnect', `${error.code} ${error.name}: ${error.message}`),
);
const form = new AttributeForm(byId('attribute-form'), apply);

const readings = [0, 1, 2, 5, 12_345].map((count) => {
  const element = document.createElement('session-connection-count');
  element.session = new FixedCount(count);
  const item = document.createElement('li');
  item.append(element);
  byId('readings').append(item);
  return element;
});

function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) element.removeAttribute(name);
    else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }
}

/** How long a pause in typing has to be before another token is asked for, in ms. */
const typingPause = 400;
/** The token at hand, and what it was made for. */
let held = {};
let pause;

function apply() {
  for (const element of [hero, ...readings]) setAttributes(element, form.attributes);
  byId('another-tab').href = location.search || './';
  tellStanding();
  clearTimeout(pause);
  if (held.for === JSON.stringify(form.grant)) enter();
  else pause = setTimeout(renew, held.for ? typingPause : 0);
}

async function renew() {
  const { grant } = form;
  const wanted = JSON.stringify(grant);
  let token;
  try {
    token = grant.session ? await developmentToken(grant) : undefined;
  } catch (error) {
    log.add('error', 'token', error.message);
    return;
  }
  const outdated = wanted !== JSON.stringify(form.grant);
  if (outdated || wanted === held.for) return;
  held = { for: wanted, token };
  if (hero.getAttribute('session-id') === grant.session) {
    // A token is looked at when a session is joined. So another role takes another join.
    hero.source?.disconnect();
    enter();
    hero.connect();
  } else {
    plot.clear();
    clearFrames();
    enter();
  }
}

function enter() {
  const { attributes, grant } = form;
  const session = { 'session-id': grant.session || undefined, token: held.token };
  for (const element of live) setAttributes(element, { ...session, observe: attributes.observe });
  showSnippet(byId('snippet'), { ...session, ...attributes });
}

const hasEnded = () => hero.state === 'disconnected' || hero.state === 'failed';

function standing() {
  const { connection } = hero.source ?? {};
  if (!connection) return 'This tab watches without being counted.';
  const tab = connection.data ? `this tab, called ${connection.data}` : 'this tab';
  const self = hero.excludeSelf ? 'Not counting' : hero.count === 1 ? 'That is' : 'One of them is';
  return `${self} ${tab}. Open another and watch the number.`;
}

function tellStanding() {
  const texts = {
    idle: 'Without a session-id there is nothing to count.',
    connecting: 'Joining the session.',
    connected: standing(),
    reconnecting: 'The way to the server broke. This is the last known number.',
    disconnected: 'This tab has left the session.',
    failed: hero.error?.message,
  };
  byId('standing').textContent = texts[hero.state] ?? '';
  byId('leave-or-join').textContent = hasEnded() ? 'Join again' : 'Leave';
}

hero.addEventListener('session-state-change', tellStanding);
hero.addEventListener('session-count-change', tellStanding);
hero.addEventListener('session-error', tellStanding);
hero.addEventListener('session-count-change', ({ detail: { count } }) => plot.add(count));
log.followElement(hero);
watchSource(hero, (source) => {
  log.followSource(source);
  connections.follow(source);
  tellStanding();
});

byId('leave-or-join').addEventListener('click', () => {
  const joins = hasEnded();
  for (const element of live) element[joins ? 'connect' : 'disconnect']();
});

function clearFrames() {
  frames.clear();
  byId('no-frames').hidden = true;
}
byId('more-frames').addEventListener('click', async () => {
  await frames.add(5, hero.getAttribute('session-id') ?? '');
  byId('no-frames').hidden = frames.empty;
});
byId('no-frames').addEventListener('click', clearFrames);

copyOnClick(byId('copy'), byId('snippet'));
apply();
