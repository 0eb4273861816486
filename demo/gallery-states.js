import { ScriptedSource } from './scripted-source.js';

/** What a source is told, by the name of what the element then shows. */
const scenes = {
  idle: { state: 'idle' },
  connecting: { state: 'connecting' },
  connected: { state: 'connected' },
  stale: { state: 'connected', stale: true },
  reconnecting: { state: 'reconnecting' },
  disconnected: { state: 'disconnected', reason: 'clientDisconnected' },
  removed: { state: 'disconnected', reason: 'forceDisconnected' },
  failed: { state: 'failed' },
};

/** In ms. An old number is shown for two minutes and then given up, but here it is to stay. */
const renewal = 60_000;

/** Keeps every element below a `data-state` in that state. */
export function showStates(count) {
  for (const place of document.querySelectorAll('[data-state]')) {
    void showState(
      scenes[place.dataset.state],
      [...place.querySelectorAll('session-connection-count')],
      count,
    );
  }
}

async function showState(scene, elements, count) {
  const source = new ScriptedSource();
  for (const element of elements) element.session = source;
  // Why a connection ended is told once, to those who listen by then.
  await Promise.all(elements.map(({ updateComplete }) => updateComplete));
  const play = () => {
    source.play({ count });
    source.play(scene);
  };
  play();
  if (scene.stale || scene.state === 'reconnecting') setInterval(play, renewal);
}
