/** A ConnectionSource that stands still at a number, to see how a number reads. */
export class FixedCount extends EventTarget {
  state = 'connected';
  stale = false;
  reason = undefined;
  selfCounted = false;
  connection = undefined;
  connections = undefined;

  constructor(count) {
    super();
    this.count = count;
  }
}
