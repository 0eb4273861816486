import { ReactiveElement, type PropertyDeclarations, type PropertyValues } from 'lit';
import { SessionError } from '../protocol/session-error.js';
import type { ConnectionSource } from '../session/connection-source.js';
import type { SessionState } from '../session/session-state.js';
import { version } from '../version.js';
import { Announcer } from './announcer.js';
import { declared, language, propertyOf } from './attributes.js';
import type {
  SessionCountChangeDetail,
  SessionErrorDetail,
  SessionStateChangeDetail,
} from './event-details.js';
import { followLanguage } from './language.js';
import { idleLook, looks } from './looks.js';
import { give, make } from './nodes.js';
import { SourceController } from './source-controller.js';
import { dress } from './styles.js';
import { formatCount, phrase, type Notation } from './words.js';

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
 * @attr {string} label-one - The label for the plural category `one` of the language.
 * @attr {string} label-two - The label for the plural category `two` of the language.
 * @attr {string} label-few - The label for the plural category `few` of the language.
 * @attr {string} label-many - The label for the plural category `many` of the language.
 * @attr {string} label-other - The label for every other number, in place of `label`.
 * @attr {string} text-connecting - Words for the state: title of the indicator, and hidden text. Default: short English.
 * @attr {string} text-reconnecting - Words for an old number. Default: short English.
 * @attr {string} text-disconnected - Words for the state. Default: short English.
 * @attr {string} text-removed - Words for `disconnected` where a moderator removed the connection. Default: short English.
 * @attr {string} text-failed - Words for the state. Default: short English.
 * @attr {"standard" | "compact"} [notation=standard] - How the number is written.
 * @attr {string} for - Id, in the element's own root, of an element that mirrors the number.
 * @attr {string} [announce=off] - Seconds between announcements to assistive technology, or `off`.
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
 * @csspart count - The number, or the en dash. Its animation starts with each new number.
 *
 * @cssstate idle - No session to connect to yet.
 * @cssstate connecting - No number yet.
 * @cssstate connected - The number is the present one.
 * @cssstate reconnecting - The connection was lost, and is sought again.
 * @cssstate disconnected - Left by a call of the page, or removed by a moderator.
 * @cssstate failed - Given up: a `session-error` says why.
 * @cssstate stale - The number shown is the last known one.
 *
 * @cssproperty [--session-connection-count-indicator-color=currentColor] - Colour of the indicator.
 * @cssproperty [--session-connection-count-indicator-size=0.45em] - Width of the indicator.
 * @cssproperty [--session-connection-count-gap=0.3em] - Between indicator and number.
 */
export class SessionConnectionCountElement extends ReactiveElement {
  /** The version of this package. */
  static readonly version: string = version;

  /** The session server of elements without a `server` attribute. */
  static defaultServer: string | undefined;

  static override properties: PropertyDeclarations = {
    session: { attribute: false },
    tokenProvider: { attribute: false },
    htmlFor: { attribute: 'for' },
    ...language,
    ...declared('observe exclude-self manual', Boolean),
    ...declared(
      'session-id token token-url api-key server notation announce label label-zero label-one label-two label-few label-many label-other text-connecting text-reconnecting text-disconnected text-removed text-failed',
    ),
  };

  /**
   * Registers the class. Never throws because the name is taken: the element that is there stays, and where
   * it is of another version a line on the console says so.
   */
  static define(tag = 'session-connection-count', registry = customElements): void {
    const taken = registry.get(tag) as typeof SessionConnectionCountElement | undefined;
    if (taken) {
      if (taken.version !== version) {
        console.warn(`<${tag}> is already version ${taken.version}: ${version} is not used`);
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

  /**
   * A ConnectionSource to show, or a session of a platform with an adapter. It wins over the attributes; the element only
   * watches it.
   */
  session: unknown;
  /** Gives a client token, where there is no `token` attribute or it was refused. */
  tokenProvider: (() => Promise<string>) | null | undefined;
  sessionId: string | null | undefined;
  token: string | null | undefined;
  tokenUrl: string | null | undefined;
  apiKey: string | null | undefined;
  server: string | null | undefined;
  observe: boolean | undefined;
  excludeSelf: boolean | undefined;
  manual: boolean | undefined;
  label: string | null | undefined;
  labelZero: string | null | undefined;
  labelOne: string | null | undefined;
  labelTwo: string | null | undefined;
  labelFew: string | null | undefined;
  labelMany: string | null | undefined;
  labelOther: string | null | undefined;
  textConnecting: string | null | undefined;
  textReconnecting: string | null | undefined;
  textDisconnected: string | null | undefined;
  textRemoved: string | null | undefined;
  textFailed: string | null | undefined;
  notation: string | null | undefined;
  announce: string | null | undefined;
  /** The attribute `for`: id, in the element's own root, of an element that mirrors the number. */
  htmlFor: string | null | undefined;

  readonly #source = new SourceController(this);
  readonly #announcer = new Announcer(() => this.requestUpdate());
  // Not there in an old browser.
  readonly #internals = this.attachInternals?.() as ElementInternals | undefined;
  #toldState: SessionState = 'idle';
  #toldCount: number | undefined;

  readonly #sign = make('path');
  readonly #words = make('span', { class: 'hidden' });
  readonly #before = make('span');
  readonly #count = make('span', { part: 'count', translate: 'no' });
  readonly #after = make('span');
  readonly #slot = make('slot');
  readonly #status = make('span', { class: 'hidden' });
  // A line may break before and after a picture. So it stands between characters of no width that join.
  // The first is no word joiner, which in Firefox is out of place where the line runs in the other direction.
  readonly #indicator = make(
    'span',
    { part: 'indicator', 'aria-hidden': 'true' },
    '\u034f',
    make('svg', { viewBox: '0 0 20 20' }, this.#sign),
    '\u2060',
  );
  readonly #base = make(
    'span',
    {},
    this.#indicator,
    this.#words,
    make('span', { part: 'label' }, this.#before, this.#count, this.#after),
    this.#slot,
    this.#status,
  );

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

  /**
   * Makes `moveBefore()` a move.
   *
   * @internal
   */
  connectedMoveCallback(): void {}

  adoptedCallback(): void {
    if (this.shadowRoot) dress(this.shadowRoot);
  }

  /** What a server rendered gives way: nothing is hydrated. */
  protected override createRenderRoot(): HTMLElement | DocumentFragment {
    const root = super.createRenderRoot() as ShadowRoot;
    this.#slot.addEventListener('slotchange', () => this.requestUpdate());
    root.replaceChildren(this.#base);
    dress(root);
    return root;
  }

  protected override updated(changed: PropertyValues<this>): void {
    this.#show(changed);
    const { state, stale, reason, count, untold } = this.#source;
    try {
      const { states } = this.#internals!;
      states.clear();
      states.add(state);
      if (stale) states.add('stale');
    } catch {
      // An old browser: no custom states, or only such with two dashes.
    }
    const previous = this.#toldCount;
    this.#toldCount = count;
    if (state !== this.#toldState) {
      this.#toldState = state;
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

  #show(changed: PropertyValues<this>): void {
    const notation = this.#checked('notation', changed, /^(standard|compact)$/, '"standard" or "compact"') as
      Notation | undefined;
    const seconds = this.#checked(
      'announce',
      changed,
      /^([1-9]\d{0,4}|off)$/,
      'a number of seconds or "off"',
    );
    const interval = Number(seconds) || 0;
    const { count, source, state, stale, reason } = this.#source;
    const lang = followLanguage(this);
    const number = count && this.excludeSelf && source!.selfCounted ? count - 1 : count;
    const known = number !== undefined;
    const words = known ? phrase(number, (form) => this.#text(`label-${form}`), lang, notation) : [];
    this.#announcer.tell(words.join(''), interval);

    const look = stale ? 'reconnecting' : reason === 'forceDisconnected' ? 'removed' : state;
    const [sign, english] = looks[look] ?? idleLook;
    const own = this.#text(`text-${look}`);
    const text = own ?? english;
    // White space between the tags is no children.
    const blank = !known && !this.childElementCount && !this.textContent.trim();
    const shown = blank ? '–' : words[1];
    give(this.#base, { class: `base ${look}` });
    // Not on what is read: it would be read twice.
    give(this.#indicator, { title: text || null });
    give(this.#sign, { d: sign });
    give(this.#words, { text, lang: own == null && 'en' });
    give(this.#before, { text: words[0] });
    // Put back in its place, it starts its animation anew.
    if (known && this.#count.textContent !== shown) this.#before.after(this.#count);
    give(this.#count, { text: shown, hidden: !shown && '' });
    give(this.#after, { text: words[2] });
    // By a name that no child asks for: hidden text is still in the names that Chromium gives to headings and buttons.
    give(this.#slot, { name: known && 'none', hidden: blank && '' });
    give(this.#status, { role: !!interval && 'status', text: this.#announcer.text });

    const mirror =
      known && this.htmlFor && (this.getRootNode() as Partial<Document>).getElementById?.(this.htmlFor);
    if (mirror) {
      const mirrored = formatCount(number, lang, notation);
      if ('value' in mirror && !/^(li|button|option)$/.test(mirror.localName)) mirror.value = `${number}`;
      // Else an element that mirrors into itself, or into what the page watches for it, would go on for ever.
      else if (mirror.textContent !== mirrored) mirror.textContent = mirrored;
    }
  }

  /** The value of an attribute; undefined where it is of a wrong form, which is told when it comes. */
  #checked(
    name: 'notation' | 'announce',
    changed: PropertyValues<this>,
    form: RegExp,
    allowed: string,
  ): string | undefined {
    const value = this[name];
    if (value == null) return undefined;
    if (form.test(value)) return value;
    if (changed.has(name)) {
      const message = `The attribute "${name}" has to be ${allowed}, not "${value}"`;
      this.#source.untold.push(new SessionError(1011, message));
    }
    return undefined;
  }

  #text(attribute: string): string | null | undefined {
    return (this as unknown as Record<string, string | null | undefined>)[propertyOf(attribute)];
  }

  #tell<Detail>(type: string, detail: Detail, cancelable = false): boolean {
    return this.dispatchEvent(new CustomEvent(type, { detail, cancelable, bubbles: true, composed: true }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'session-connection-count': SessionConnectionCountElement;
  }
}
