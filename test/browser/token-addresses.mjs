import { createServer } from 'node:http';

const folder = '/token-address/';

/**
 * Addresses of the test site that give tokens, as a test page plans them: `token-address:plan` {name, answers}
 * gives the addresses of a name on the page's own origin (`own`) and on another one (`other`), which lets every
 * page read what it answers. An answer has a `status`, a `type`, a `body` and a `location`, each if need be;
 * one with `held` waits for `token-address:release` {name}. The last answer is given again and again.
 * `token-address:requests` {name} tells of each request its `origin`, its `query` and its `cookie`.
 */
export const tokenAddresses = () => {
  const plans = new Map();
  const planOf = (name) => {
    if (!plans.has(name)) plans.set(name, { answers: [], requests: [], release() {} });
    return plans.get(name);
  };

  const answer = (origin) => async (request, response) => {
    const { pathname, search } = new URL(request.url, 'http://site');
    const plan = planOf(pathname.slice(folder.length));
    plan.requests.push({ origin, query: search, cookie: request.headers.cookie ?? '' });
    const {
      status = 200,
      type = 'text/plain',
      body = '',
      location,
      held,
    } = plan.answers.length > 1 ? plan.answers.shift() : plan.answers[0];
    if (held) await new Promise((resolve) => (plan.release = resolve));
    response.writeHead(status, {
      'Content-Type': type,
      ...(location && { Location: location }),
      ...(origin === 'other' && { 'Access-Control-Allow-Origin': '*' }),
    });
    response.end(body);
  };

  const own = answer('own');
  const other = createServer(answer('other'));
  const commands = {
    plan: ({ name, answers }) => {
      planOf(name).answers = answers;
      const { port } = other.address();
      return { own: folder + name, other: `http://127.0.0.1:${port}${folder}${name}` };
    },
    requests: ({ name }) => planOf(name).requests,
    release: ({ name }) => {
      planOf(name).release();
      return true;
    },
  };
  return {
    name: 'token-addresses',
    /** For the test server's `middleware`: a plugin can't answer with a status of its own. */
    middleware(context, next) {
      if (!context.path.startsWith(folder)) return next();
      context.respond = false;
      return own(context.req, context.res);
    },
    serverStart: () => new Promise((resolve) => other.listen(0, '127.0.0.1', resolve)),
    serverStop() {
      other.close();
      other.closeAllConnections();
    },
    executeCommand({ command, payload }) {
      const [group, name] = command.split(':');
      return group === 'token-address' ? commands[name]?.(payload) : undefined;
    },
  };
};
