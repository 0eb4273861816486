export { acceptSockets, type AcceptedSockets } from './accept-sockets.js';
