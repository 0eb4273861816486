import { developmentToken } from './development-token.js';
import { twoLines } from './snippet.js';

const style =
  '<meta name="color-scheme" content="light dark"><style>body{font:1rem system-ui,sans-serif;margin:0;display:grid;place-items:center;min-height:100vh}</style>';

/** Frames that are visitors of their own: each is a page with the two lines and nothing else. */
export class VisitorFrames {
  #container;
  #last = 0;

  constructor(container) {
    this.#container = container;
  }

  get empty() {
    return !this.#container.childElementCount;
  }

  async add(number, sessionId) {
    const names = Array.from({ length: number }, () => `Visitor ${++this.#last}`);
    const tokens = await Promise.all(
      names.map((name) => developmentToken({ session: sessionId, role: 'publisher', data: name })),
    );
    const frames = names.map((name, index) => {
      const frame = document.createElement('iframe');
      frame.title = name;
      frame.srcdoc = `<!doctype html><html lang="en">${style}<p>${twoLines({ 'session-id': sessionId, token: tokens[index] })}`;
      return frame;
    });
    this.#container.append(...frames);
  }

  clear() {
    this.#container.replaceChildren();
  }
}
