// Starts a worker thread whose module is TypeScript: Node 20 reads none by itself, and a thread does not inherit
// tsx from the process (nor is tsx in vitest's). The first of the thread's arguments is the module's URL.
import { register } from "tsx/esm/api";

register();
await import(process.argv[2]);
