import { ScriptedSource } from './scripted-source.js';

/** A ConnectionSource that stands still at a number, to see how a number reads. */
export class FixedCount extends ScriptedSource {
  state = 'connected';

  constructor(count) {
    super();
    this.count = count;
  }
}
