export { guarded, logLevels, type Log, type LogLevel } from './log.js';
export { jsonLog, readableLog, type ProcessLog } from './process-log.js';
export { RefusalLog, type Refusal } from './refusal-log.js';
