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

/** What the elements share; the rest is how a number reads. */
const sessionAttributes = ['session-id', 'token', 'observe', 'exclude-self'];

function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) element.removeAttribute(name);
    else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }
}

/** How long a pause in typing has to be before another session is joined, in ms. */
const typingPause = 400;
let token;
let granted;
let pause;

function apply() {
  const { attributes, grant } = form;
  const { 'session-id': sessionId, observe, 'exclude-self': excludeSelf, ...reading } = attributes;
  for (const element of [hero, ...readings]) setAttributes(element, reading);
  setAttributes(hero, { 'exclude-self': excludeSelf });
  byId('another-tab').href = form.address;

  clearTimeout(pause);
  const wanted = JSON.stringify({ sessionId, ...grant });
  if (wanted === granted) enter();
  else pause = setTimeout(renew, granted ? typingPause : 0);

  async function renew() {
    granted = wanted;
    try {
      token = sessionId && (await developmentToken(sessionId, grant.role, grant.data));
    } catch (error) {
      log.add('error', 'token', error.message);
      return;
    }
    if (wanted !== granted) return;
    const before = hero.getAttribute('session-id');
    if (before !== sessionId) {
      plot.clear();
      clearFrames();
    }
    // A token is looked at when a session is joined. So another role takes another join.
    if (before === sessionId) hero.source?.disconnect();
    enter();
    if (before === sessionId) hero.connect();
  }

  function enter() {
    for (const element of live) setAttributes(element, { 'session-id': sessionId, token, observe });
    showSnippet(byId('snippet'), attributes, token);
  }
}

function tellStanding() {
  const { source, state } = hero;
  const name = source?.connection?.data;
  const texts = {
    idle: 'Without a session-id there is nothing to count.',
    connecting: 'Joining the session.',
    connected: source?.connection
      ? `One of them is this tab${name ? `, called ${name}` : ''}. Open another and watch the number.`
      : 'This tab watches without being counted.',
    reconnecting: 'The way to the server broke. This is the last known number.',
    disconnected: 'This tab has left the session.',
    failed: hero.error?.message,
  };
  byId('standing').textContent = texts[state] ?? '';
  byId('leave-or-join').textContent = ['disconnected', 'failed'].includes(state) ? 'Join again' : 'Leave';
}

hero.addEventListener('session-state-change', tellStanding);
hero.addEventListener('session-error', tellStanding);
hero.addEventListener('session-count-change', ({ detail: { count } }) => plot.add(count));
log.followElement(hero);
watchSource(hero, (source) => {
  log.followSource(source);
  connections.follow(source);
  tellStanding();
});

byId('leave-or-join').addEventListener('click', () => {
  const joins = ['disconnected', 'failed'].includes(hero.state);
  for (const element of live) joins ? element.connect() : element.disconnect();
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
