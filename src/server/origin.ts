/**
 * Whether a page of an origin may connect. Limits browsers only: whoever is not one can claim any origin,
 * or none.
 *
 * @param origin The Origin header; undefined where there was none, `null` for an opaque origin.
 * @param host The Host header: a page of the server's own origin may always connect.
 * @param allowed Origins, `null` among them where opaque ones may, or `*` for every one.
 */
export function isAllowedOrigin(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
): boolean {
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
