import { OT, TB } from './index.js';

// A page that has OpenTok's own client keeps it.
const page = globalThis as { TB?: unknown; OT?: unknown };
if (!page.TB && !page.OT) Object.assign(page, { TB, OT });
