const arc = 'M10 0a10 10 0 1 1-10 10h4a6 6 0 1 0 6-6z';
const cross = 'M3 0l7 7 7-7 3 3-7 7 7 7-3 3-7-7-7 7-3-3 7-7-7-7z';
const dot = 'M10 1a9 9 0 1 1-.1 0';
const ring = 'M10 0a10 10 0 1 1-.1 0m0 4a6 6 0 1 0 .1 0';
const square = 'M2 2h16v16h-16z';

/** How a state looks: the path of its sign in a 20 by 20 box, and the English words for it. */
export type Look = [sign: string, words?: string];

/** Looks by states. `reconnecting` is that of any old number, `removed` that of a removal by a moderator. */
export const looks: Record<string, Look> = {
  connecting: [arc, 'Connecting'],
  connected: [dot],
  reconnecting: [arc, 'Reconnecting'],
  disconnected: [square, 'Disconnected'],
  removed: [square, 'Removed from the session'],
  failed: [cross, 'Connection failed'],
};

/** The look of `idle`, and of a state that nobody knows. */
export const idleLook: Look = [ring];
