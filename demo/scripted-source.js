/**
 * A ConnectionSource that is in no session: it is what it is told to be. This is all that the element asks of
 * one, so numbers from anywhere can be shown in this way: `element.session = new ScriptedSource()`.
 */
export class ScriptedSource extends EventTarget {
  state = 'idle';
  reason = undefined;
  count = undefined;
  stale = false;
  selfCounted = false;
  connection = undefined;
  connections = undefined;

  play({ state = 'connected', count = this.count, stale = false, reason }) {
    const previous = this.count;
    Object.assign(this, { state, reason, count, stale });
    this.dispatchEvent(Object.assign(new Event('stateChanged'), { state, reason }));
    this.dispatchEvent(Object.assign(new Event('countChanged'), { count, previous }));
  }
}
