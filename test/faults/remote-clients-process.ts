/**
 * Session clients in a process of their own, for a network of its own. Tells the ids of their connections whenever one
 * changes, as a line of JSON.
 *
 * Arguments: server URL, session id, token, how many.
 */
import { Client } from './client.js';

const [server, sessionId, token, count] = process.argv.slice(2) as [string, string, string, string];
const clients: Client[] = [];
const tell = (): void => console.log(JSON.stringify(clients.map(({ connectionId }) => connectionId ?? null)));
while (clients.length < Number(count)) clients.push(new Client(server, sessionId, token, tell));
