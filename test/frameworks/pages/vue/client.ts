import { createSSRApp } from 'vue';
import Visitors from './visitors.vue';
createSSRApp(Visitors, { token: document.body.dataset.token! }).mount('#app');
