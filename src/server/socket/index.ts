export { acceptUpgrades } from './accept-upgrades.js';
export { Intake } from './intake.js';
export { StreamWire } from './stream-wire.js';
