export { recording } from './recording.js';
export {
  isAfter,
  outboxKept,
  RedisOutbox,
  timeOf,
  type KeptChange,
  type OutboxContent,
} from './redis-outbox.js';
