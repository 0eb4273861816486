import { readFileSync } from 'node:fs';

/** What operators are told to configure a Redis with: it has a user that may do no more than servers have to. */
export const advisedConfiguration = readFileSync(
  new URL('../../deploy/cluster/redis.conf', import.meta.url),
  'utf8',
);
const [, user, ...rules] = /^user session-.*$/m.exec(advisedConfiguration)![0].split(' ');

/** The arguments of `ACL SETUSER` that make the same user. */
export const advisedUser = [user!, ...rules];

/** The URL of a Redis as that user. */
export const asAdvisedUser = (url: string): string => url.replace('//', `//${user}:PASSWORD@`);

/** The line of a configuration that adds a user who may do everything, and the arguments that make redis-cli one. */
export const adminLine = 'user admin on >PASSWORD ~* &* +@all\n';
export const asAdmin = ['--no-auth-warning', '--user', 'admin', '--pass', 'PASSWORD'];
