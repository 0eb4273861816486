export { acceptUpgrades } from './accept-upgrades.js';
export { handshakePause, Intake } from './intake.js';
export { StreamWire } from './stream-wire.js';
