/** Where Redis is. */
export interface RedisAddress {
  /** One server, sentinels that know which server it is, or a cluster. */
  readonly kind: 'single' | 'sentinel' | 'cluster';
  /** The server, the sentinels, or some nodes of the cluster. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  /** Whether the connections are encrypted. */
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** What the sentinels call the server; empty without sentinels. */
  readonly name: string;
  readonly database: number;
}

const form =
  /^redis(?<tls>s?)(?:\+(?<kind>sentinel|cluster))?:\/\/(?:(?<username>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<nodes>[^@/?#]+)(?<path>(?:\/[^/?#]*){0,2})$/;
const node = /^(?:\[(?<v6>[\da-f:.]+)\]|(?<host>[\w.-]+))(?::(?<port>\d{1,5}))?$/i;
const standardPort = { single: 6379, sentinel: 26_379, cluster: 6379 };

/**
 * Reads the URL of a Redis.
 *
 * - `redis://user:password@host:6379/0`, or `rediss://` with TLS: one server; the path is the database's number.
 * - `redis+sentinel://host:26379,host:26379/name/0`: the server that sentinels call `name`.
 * - `redis+cluster://host:6379,host:6379`: a cluster, by some of its nodes.
 *
 * @throws {Error} that says what the URL has to be, and doesn't repeat it: there may be a password in it.
 */
export function redisAddress(url: string): RedisAddress {
  const parts = form.exec(url)?.groups;
  if (!parts) {
    throw new Error(
      'it has to be a URL such as redis://host:6379, redis+sentinel://host:26379,host:26379/name or redis+cluster://host:6379,host:6379 (rediss for TLS)',
    );
  }
  const kind = (parts.kind ?? 'single') as RedisAddress['kind'];
  const path = parts.path!.split('/').slice(1);
  const name = kind === 'sentinel' ? decodeURIComponent(path.shift() ?? '') : '';
  if (kind === 'sentinel' && !name) {
    throw new Error(
      'it lacks the name that the sentinels know the server by: redis+sentinel://host:26379/name',
    );
  }
  const [database = '', ...rest] = path;
  if (!/^\d{0,4}$/.test(database) || rest.length) throw new Error("its path has to be a database's number");
  if (kind === 'cluster' && Number(database) > 0) throw new Error('a cluster has the database 0 alone');
  const nodes = parts.nodes!.split(',').map((text) => nodeOf(text, standardPort[kind]));
  if (kind === 'single' && nodes.length > 1) {
    throw new Error('it names several servers: they are redis+sentinel:// or redis+cluster://');
  }
  return {
    kind,
    nodes,
    tls: parts.tls !== '',
    username: parts.username ? decodeURIComponent(parts.username) : undefined,
    password: parts.password ? decodeURIComponent(parts.password) : undefined,
    name,
    database: Number(database),
  };
}

/** How messages call a Redis, without user and password. */
export const nameOfRedis = ({ kind, nodes, tls, name, database }: RedisAddress): string =>
  `redis${tls ? 's' : ''}${kind === 'single' ? '' : `+${kind}`}://${nodes
    .map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`)
    .join()}${name && `/${name}`}${database ? `/${database}` : ''}`;

function nodeOf(text: string, fallback: number): { host: string; port: number } {
  const parts = node.exec(text)?.groups;
  const port = Number(parts?.port ?? fallback);
  if (!parts || port < 1 || port > 65_535) throw new Error('each of its hosts has to be host or host:port');
  return { host: (parts.v6 ?? parts.host)!, port };
}
