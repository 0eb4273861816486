import { adoptStyles, ReactiveElement, type PropertyDeclarations, type PropertyValues } from 'lit';
import { SessionError } from '../protocol/session-error.js';
import type { ConnectionSource, SessionState } from '../session/connection-source.js';
import { version } from '../version.js';
import { Announcer } from './announcer.js';
import type {
  SessionCountChangeDetail,
  SessionErrorDetail,
  SessionStateChangeDetail,
} from './event-details.js';
import { give, make } from './nodes.js';
import { SourceController } from './source-controller.js';
import { styles } from './styles.js';
import { formatCount, languageOf, phrase, type Notation } from './words.js';

/** What the indicator draws in a 10 by 10 box, and the English words for it. */
const looks: Record<string, [shape: string, words?: string]> = {
  idle: ['M5 1a4 4 0 1 1-.1 0'],
  connecting: ['M5 1a4 4 0 1 1-4 4', 'Connecting'],
  connected: ['M5 5h.1'],
  reconnecting: ['M5 1a4 4 0 1 1-4 4', 'Reconnecting'],
  disconnected: ['M2 2h6v6h-6zM4 4h2v2h-2z', 'Disconnected'],
  removed: ['M2 2h6v6h-6zM4 4h2v2h-2z', 'Removed from the session'],
  failed: ['M1 1l8 8m0-8l-8 8', 'Connection failed'],
};

/** Attributes that have to be of a form, and how to say so. */
const forms = {
  notation: [/^(standard|compact)$/, '"standard" or "compact"'],
  announce: [/^([1-9]\d{0,4}|off)$/, 'a number of seconds, or "off"'],
} as const;

const camelCase = (name: string): string => name.replace(/-./g, (match) => match[1]!.toUpperCase());

const reactive = (attributes: string[], type?: unknown): PropertyDeclarations =>
  Object.fromEntries(attributes.map((attribute) => [camelCase(attribute), { attribute, type }]));

/** The messages that are on the console already. */
const warned = new Set<string>();

/**
 * Shows how many connections a live session has.
 *
 * Attributes may be set in any order, at any time. Elements with the same server, api-key, session-id and
 * observe are one connection. Until there is a number to show, its children are shown, or an en dash.
 *
 * @summary The running total of a session's connections.
 * @tag session-connection-count
 *
 * @attr {string} session-id - The session, 1 to 255 characters. `{path}` in it becomes the page's path. Without it: idle.
 * @attr {string} token - Client token. Not needed where the server opens the session to all.
 * @attr {string} token-url - Address on the page's own origin that gives a token. Asked where there is no `token`, and after a refusal.
 * @attr {string} api-key - The project. Default: the server's only one.
 * @attr {string} server - Base address of the session server, relative to the page. Default: `SessionConnectionCountElement.defaultServer`.
 * @attr {boolean} observe - See the total without being counted.
 * @attr {boolean} exclude-self - Show the total less one's own connection.
 * @attr {boolean} manual - Connect only on `connect()`.
 * @attr {string} label - Words with `{count}` in them. Default: the number alone.
 * @attr {string} label-zero - The label for exactly 0.
 * @attr {string} label-one - The label for the plural category `one` of the language; likewise the others.
 * @attr {string} label-two
 * @attr {string} label-few
 * @attr {string} label-many
 * @attr {string} label-other
 * @attr {string} text-idle - Words for a state: its title and hidden text. Default: none.
 * @attr {string} text-connecting - Default: short English, likewise for the states below.
 * @attr {string} text-connected - Default: none.
 * @attr {string} text-reconnecting
 * @attr {string} text-disconnected
 * @attr {string} text-removed - The words for `disconnected` where a moderator removed the connection.
 * @attr {string} text-failed
 * @attr {"standard" | "compact"} notation - How the number is written. Default: standard.
 * @attr {string} for - Id, in the element's own root, of an element that mirrors the number.
 * @attr {string} announce - Seconds between announcements to assistive technology, or `off`. Default: off.
 * @attr {string} lang - Language of number and words. Default: the nearest `lang`, then the browser's.
 *
 * @fires {CustomEvent<SessionCountChangeDetail>} session-count-change - The total changed.
 * @fires {CustomEvent<SessionStateChangeDetail>} session-state-change - The state changed.
 * @fires {CustomEvent<SessionErrorDetail>} session-error - Something went wrong. Unless prevented, its message goes to the console once.
 *
 * @slot - What to show until there is a number. Default: an en dash.
 *
 * @csspart indicator - The sign whose shape tells the state.
 * @csspart label - Number and words.
 * @csspart count - The number, or the en dash.
 *
 * @cssstate idle - No session to connect to yet.
 * @cssstate connecting
 * @cssstate connected
 * @cssstate reconnecting
 * @cssstate disconnected
 * @cssstate failed
 * @cssstate stale - The number shown is the last known one.
 *
 * @cssproperty [--session-connection-count-indicator-color=currentColor]
 * @cssproperty [--session-connection-count-indicator-size=0.45em]
 * @cssproperty [--session-connection-count-gap=0.35em] - Between indicator and number.
 */
export class SessionConnectionCountElement extends ReactiveElement {
  /** The version of this package. */
  static readonly version: string = version;

  /** The session server of elements without a `server` attribute. */
  static defaultServer: string | undefined;

  static override properties = {
    session: { attribute: false },
    tokenProvider: { attribute: false },
    htmlFor: { attribute: 'for' },
    ...reactive(['observe', 'exclude-self', 'manual'], Boolean),
    ...reactive(['session-id', 'token', 'token-url', 'api-key', 'server', 'notation', 'announce', 'label']),
    ...reactive(['zero', 'one', 'two', 'few', 'many', 'other'].map((form) => `label-${form}`)),
    ...reactive(Object.keys(looks).map((look) => `text-${look}`)),
  };

  static override styles = styles;

  /** Lit keeps the language to the platform's own property. */
  static override get observedAttributes(): string[] {
    return [...super.observedAttributes, 'lang'];
  }

  /**
   * Registers the class. Never throws because the name is taken: the element that is there stays, and where
   * it is of another version a line on the console says so.
   */
  static define(tag = 'session-connection-count', registry = customElements): void {
    const taken = registry.get(tag) as typeof SessionConnectionCountElement | undefined;
    if (taken) {
      if (taken.version !== version) {
        console.warn(`<${tag}> is defined as version ${taken.version}; version ${version} is not used`);
      }
      return;
    }
    try {
      registry.define(tag, this);
    } catch {
      // A class can have one name only.
      registry.define(tag, class extends this {});
    }
  }

  /** A ConnectionSource to show. It wins over the attributes; the element only watches it. */
  declare session: unknown;
  /** Gives a client token, where there is no `token` attribute or it was refused. */
  declare tokenProvider: (() => Promise<string>) | null | undefined;
  declare sessionId: string | null | undefined;
  declare token: string | null | undefined;
  declare tokenUrl: string | null | undefined;
  declare apiKey: string | null | undefined;
  declare server: string | null | undefined;
  declare observe: boolean | undefined;
  declare excludeSelf: boolean | undefined;
  declare manual: boolean | undefined;
  declare label: string | null | undefined;
  declare labelZero: string | null | undefined;
  declare labelOne: string | null | undefined;
  declare labelTwo: string | null | undefined;
  declare labelFew: string | null | undefined;
  declare labelMany: string | null | undefined;
  declare labelOther: string | null | undefined;
  declare textIdle: string | null | undefined;
  declare textConnecting: string | null | undefined;
  declare textConnected: string | null | undefined;
  declare textReconnecting: string | null | undefined;
  declare textDisconnected: string | null | undefined;
  declare textRemoved: string | null | undefined;
  declare textFailed: string | null | undefined;
  declare notation: string | null | undefined;
  declare announce: string | null | undefined;
  /** The attribute `for`. */
  declare htmlFor: string | null | undefined;

  readonly #source = new SourceController(
    this,
    () => (this.constructor as typeof SessionConnectionCountElement).defaultServer,
  );
  readonly #announcer = new Announcer(this);
  #internals: ElementInternals | undefined;
  /** The number shown: the total, or the others. */
  #number: number | undefined;
  #toldState: SessionState = 'idle';
  #toldCount: number | undefined;

  readonly #shape = make('path');
  readonly #words = make('span', { class: 'hidden' });
  readonly #before = make('span');
  readonly #count = make('span', { part: 'count', translate: 'no' });
  readonly #after = make('span');
  readonly #slot = make('slot');
  readonly #status = make('span', { class: 'hidden', role: 'status' });
  // A line may break after a picture in it. So the indicator is text of no width, and the picture is laid over it.
  readonly #base = make(
    'span',
    {},
    make(
      'span',
      { part: 'indicator', 'aria-hidden': 'true' },
      '\u2060',
      make('svg', { viewBox: '0 0 10 10' }, this.#shape),
    ),
    this.#words,
    make('span', { part: 'label' }, this.#before, this.#count, this.#after),
    this.#slot,
  );

  constructor() {
    super();
    this.#slot.addEventListener('slotchange', () => this.requestUpdate());
    try {
      this.#internals = this.attachInternals();
    } catch {
      // An old browser: no custom states.
    }
  }

  /** The ConnectionSource in use; undefined while there is none. Connection events are there. */
  get source(): ConnectionSource | undefined {
    return this.#source.source;
  }

  /** The session's total, one's own connection included; undefined while there is none to show. */
  get count(): number | undefined {
    return this.#source.count;
  }

  /** Where the connection is on its way. */
  get state(): SessionState {
    return this.#source.state;
  }

  /** What went wrong last, until connected. */
  get error(): SessionError | undefined {
    return this.#source.error;
  }

  /** Connects: for `manual` elements, after `disconnect()` and after a removal. */
  connect(): void {
    this.#source.connect();
  }

  /** Leaves the session, unless other elements of the page share it. */
  disconnect(): void {
    this.#source.disconnect();
  }

  /** Makes `moveBefore()` a move. */
  connectedMoveCallback(): void {}

  adoptedCallback(): void {
    if (this.shadowRoot) this.#dress(this.shadowRoot);
  }

  override attributeChangedCallback(name: string, old: string | null, value: string | null): void {
    super.attributeChangedCallback(name, old, value);
    if (name === 'lang') this.requestUpdate();
  }

  /** What a server rendered gives way: nothing is hydrated. */
  protected override createRenderRoot(): ShadowRoot {
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    root.replaceChildren(this.#base);
    this.#dress(root);
    return root;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    for (const name of ['notation', 'announce'] as const) {
      const value = this[name];
      const [form, allowed] = forms[name];
      if (changed.has(name) && value != null && !form.test(value)) {
        const message = `The attribute "${name}" has to be ${allowed}, not "${value}"`;
        this.#source.untold.push(new SessionError(1011, message));
      }
    }
  }

  /** Comes after the controllers, unlike willUpdate. */
  protected override update(changed: PropertyValues<this>): void {
    super.update(changed);
    const { count: total, source, state, stale, reason } = this.#source;
    const number = total && this.excludeSelf && source!.selfCounted ? total - 1 : total;
    this.#number = number;
    const words =
      number === undefined
        ? undefined
        : phrase(number, (form) => this.#text('label', form), languageOf(this), this.#notation);
    this.#announcer.tell(words && Object.values(words).join(''), this.#interval);

    const look = stale ? 'reconnecting' : reason === 'forceDisconnected' ? 'removed' : state;
    const [shape, english] = looks[look] ?? looks['idle']!;
    const own = this.#text('text', look);
    const text = own ?? english;
    give(this.#base, { class: `base ${look}`, title: text || undefined });
    give(this.#shape, { d: shape });
    give(this.#words, { text, lang: own == null ? 'en' : undefined });
    give(this.#before, { text: words?.before });
    give(this.#after, { text: words?.after });
    // White space between the tags is no children.
    const blank = !this.childElementCount && !this.textContent!.trim();
    const shown = words ? words.number : blank && '–';
    give(this.#count, { text: shown || undefined, hidden: shown ? undefined : '' });
    give(this.#slot, { hidden: words || blank ? '' : undefined });
    if (this.#interval) {
      this.#base.append(this.#status);
      give(this.#status, { text: this.#announcer.text });
    } else this.#status.remove();
  }

  protected override updated(): void {
    const { state, stale, reason, count, untold } = this.#source;
    try {
      const { states } = this.#internals!;
      states.clear();
      states.add(state);
      if (stale) states.add('stale');
    } catch {
      // An old browser: no custom states, or only such with two dashes.
    }
    this.#mirror();
    const [toldState, previous] = [this.#toldState, this.#toldCount];
    this.#toldState = state;
    this.#toldCount = count;
    if (state !== toldState) {
      this.#tell<SessionStateChangeDetail>('session-state-change', { state, reason });
    }
    if (count !== previous) {
      this.#tell<SessionCountChangeDetail>('session-count-change', { count, previous });
    }
    for (const { name, code, message, fatal } of untold.splice(0)) {
      if (!this.#tell<SessionErrorDetail>('session-error', { name, code, message, fatal }, true)) continue;
      if (!warned.has(message)) console.warn(`session-connection-count: ${message}`);
      warned.add(message);
    }
  }

  /** A sheet belongs to the document that it was made in: in a frame's the element needs another. */
  #dress(root: ShadowRoot): void {
    const view = this.ownerDocument.defaultView;
    if (view === window) adoptStyles(root, [styles]);
    else if (view) {
      const sheet = new view.CSSStyleSheet();
      sheet.replaceSync(styles.cssText);
      root.adoptedStyleSheets = [sheet];
    }
  }

  /** Seconds between announcements; 0 for none. */
  get #interval(): number {
    const { announce } = this;
    return announce && forms.announce[0].test(announce) ? +announce || 0 : 0;
  }

  get #notation(): Notation {
    return this.notation === 'compact' ? 'compact' : 'standard';
  }

  #text(kind: 'label' | 'text', form?: string): string | null | undefined {
    const name = camelCase(form ? `${kind}-${form}` : kind);
    return (this as unknown as Record<string, string | null | undefined>)[name];
  }

  #tell<Detail>(type: string, detail: Detail, cancelable = false): boolean {
    return this.dispatchEvent(new CustomEvent(type, { detail, cancelable, bubbles: true, composed: true }));
  }

  #mirror(): void {
    const { htmlFor } = this;
    const number = this.#number;
    if (!htmlFor || number === undefined) return;
    const mirror = (this.getRootNode() as Partial<Document>).getElementById?.(htmlFor);
    if (!mirror) return;
    if ('value' in mirror) mirror.value = `${number}`;
    else mirror.textContent = formatCount(number, languageOf(this), this.#notation);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'session-connection-count': SessionConnectionCountElement;
  }
}
