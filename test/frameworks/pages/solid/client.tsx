import { hydrate } from 'solid-js/web';
import { Visitors } from './visitors';

hydrate(() => <Visitors token={document.body.dataset.token!} />, document.getElementById('app')!);
