import { createHmac } from 'node:crypto';
import { SignJWT } from 'jose';

/** Whose tokens they are. */
export interface Project {
  readonly apiKey: string;
  readonly apiSecret: string;
}

/** A T1 token around the parameters that it signs. */
export function t1Token(signed: string, { apiKey, apiSecret }: Project, outer = ''): string {
  const signature = createHmac('sha1', apiSecret).update(signed).digest('hex');
  return `T1==${Buffer.from(`partner_id=${apiKey}&sig=${signature}${outer}:${signed}`).toString('base64')}`;
}

/** What a site's own server signs for a REST call. */
export const managementToken = ({ apiKey, apiSecret }: Project): Promise<string> =>
  new SignJWT({ ist: 'project' })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(apiKey)
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(apiSecret));
