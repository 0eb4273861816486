import { hydrate } from 'svelte';
import Visitors from './Visitors.svelte';

hydrate(Visitors, {
  target: document.getElementById('app')!,
  props: { token: document.body.dataset.token! },
});
