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
    const scene = scenes[place.dataset.state];
    const source = new ScriptedSource();
    const play = () => {
      source.play({ count });
      source.play(scene);
    };
    play();
    for (const element of place.querySelectorAll('session-connection-count')) element.session = source;
    if (scene.stale || scene.state === 'reconnecting') setInterval(play, renewal);
  }
}
