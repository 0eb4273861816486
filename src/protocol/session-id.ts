/** The longest session id, in characters. */
export const longestSessionId = 255;

// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const controlCharacter = /[\u0000-\u001f\u007f-\u009f]/;

/** Whether a string can name a session: 1 to 255 characters, none of them a control character. Otherwise opaque. */
export const isSessionId = (id: string): boolean =>
  id.length > 0 && id.length <= longestSessionId && !controlCharacter.test(id);
