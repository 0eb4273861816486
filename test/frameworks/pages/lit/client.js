import 'session-connection-count';
