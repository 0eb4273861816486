/**
 * Gets a client token from the development server. In production that is the page's own server's task,
 * which knows whom it lets in.
 */
export async function developmentToken({ session, role, data }) {
  if (role === 'none') return undefined;
  const response = await fetch(`../playground/token?${new URLSearchParams({ session, role, data })}`);
  const { token, message } = await response.json();
  if (!response.ok) throw new Error(message);
  return token;
}
