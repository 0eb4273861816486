import { renderToString } from 'react-dom/server';
import { Visitors } from './visitors';

export const render = (token: string) => renderToString(<Visitors token={token} />);
