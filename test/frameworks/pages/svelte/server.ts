import { render as renderComponent } from 'svelte/server';
import Visitors from './Visitors.svelte';

export const render = (token: string) => renderComponent(Visitors, { props: { token } }).body;
