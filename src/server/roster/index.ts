export { MemoryEngine } from './memory-engine.js';
export { Roster } from './roster.js';
export type { RosterChange, RosterEngine, RosterState } from './roster-engine.js';
