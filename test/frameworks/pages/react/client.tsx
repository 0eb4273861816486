import { hydrateRoot } from 'react-dom/client';
import { Visitors } from './visitors';

hydrateRoot(document.getElementById('app')!, <Visitors token={document.body.dataset.token!} />);
