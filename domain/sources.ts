/** Where transactions come from by our own doors. Whoever writes into the queue may name another source. */
export const KNOWN_SOURCES = ["simulator", "replay", "api", "grpc", "nats", "kafka"] as const;
