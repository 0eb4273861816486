import type { Adapter } from '../adapter.js';
import { liveKit } from './livekit.js';
import { openTok } from './opentok.js';
import { openVidu } from './openvidu.js';

export { liveKit, openTok, openVidu };

/** All adapters, those with the more particular objects first. */
export const adapters: readonly Adapter<never>[] = [liveKit, openVidu, openTok];
