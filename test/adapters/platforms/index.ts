import type { TestedPlatform } from '../platform.js';
import { liveKitPlatform } from './livekit.js';
import { openTokPlatform } from './opentok.js';
import { openViduPlatform } from './openvidu.js';

/** All platforms that there are adapters for, in the order of the README's table. */
export const platforms: readonly TestedPlatform[] = [openTokPlatform, openViduPlatform, liveKitPlatform];
