export { EngineError } from './engine-error.js';
export { MemoryEngine } from './memory-engine.js';
export type { Outbox, RecordedChange, RecordedDeparture } from './outbox.js';
export { OwnLease } from './own-lease.js';
export { Roster, type RosterOptions } from './roster.js';
export { RosterUpkeep } from './upkeep.js';
export type { Recognition, RosterChange, RosterEngine, RosterState, RosterStep } from './roster-engine.js';
export type { RosterOwner } from './roster-owner.js';
