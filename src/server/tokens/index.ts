export { admit, type Admission, type TokenPolicy, type AdmitOptions } from './admission.js';
export { issueClientToken, type ClientTokenOptions } from './client-token.js';
export { verifyManagementToken } from './management-token.js';
export { isOpenSession } from './open-session.js';
export type { ProjectKeys } from './signed-claims.js';
