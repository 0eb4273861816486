import { createSSRApp } from 'vue';
import { renderToString } from 'vue/server-renderer';
import Visitors from './visitors.vue';

export const render = (token: string) => renderToString(createSSRApp(Visitors, { token }));
