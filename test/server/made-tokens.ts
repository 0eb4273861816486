import { SignJWT } from 'jose';

/** Whose tokens they are. */
export interface Project {
  readonly apiKey: string;
  readonly apiSecret: string;
}

/** What a site's own server signs for a REST call. */
export const managementToken = ({ apiKey, apiSecret }: Project): Promise<string> =>
  new SignJWT({ ist: 'project' })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(apiKey)
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(apiSecret));
