/**
 * Whether a session is open to all. In a pattern `*` stands for any characters, or none.
 *
 * Not a regular expression: one made of many stars could take minutes on an id that a stranger chose.
 */
export const isOpenSession = (sessionId: string, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => matches(sessionId, pattern));

function matches(id: string, pattern: string): boolean {
  const [head = '', ...parts] = pattern.split('*');
  const tail = parts.pop();
  if (tail === undefined) return id === pattern;
  if (!id.startsWith(head)) return false;
  let end = head.length;
  for (const part of parts) {
    const start = id.indexOf(part, end);
    if (start < 0) return false;
    end = start + part.length;
  }
  return id.endsWith(tail) && end + tail.length <= id.length;
}
