/** Port of a peer as grpc-js names it: `127.0.0.1:5000`, `[::1]:5000`. */
const PORT = /:\d{1,5}$/;

/** The address of a peer: what its connections have in common. */
export function addressOf(peer: string): string {
  return peer.replace(PORT, "");
}
