import { generateHydrationScript, renderToString } from 'solid-js/web';
import { Visitors } from './visitors';

export const render = (token: string) => renderToString(() => <Visitors token={token} />);
export const head = generateHydrationScript();
