/** What makes clients of Redis. Loaded where there is one only: it takes 50 ms and 13 MB. */
export { createClient, createCluster } from '@redis/client';
