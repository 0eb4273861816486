export { OT, OTSession, type OTCallback, type OTEvent, type OTListener } from './ot.js';
export { ExceptionEvent, TB, TBSession } from './tb.js';
