/** What to call a connection: the data of its token, as people read it better than an id. */
export const connectionName = ({ connectionId, data }) => data || connectionId.slice(0, 8);
