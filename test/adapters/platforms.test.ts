import { testAdapter } from './contract.js';
import { platforms } from './platforms/index.js';

for (const platform of platforms) {
  for (const tested of platform.tested) {
    if ('start' in tested) testAdapter(platform, tested.against, tested);
  }
}
