import { Worker, type WorkerOptions } from "node:worker_threads";

/**
 * Starts a worker thread from the module beside the caller, in TypeScript and in a build alike.
 *
 * @param caller the caller's `import.meta.url`
 * @param name the module's path from the caller without its ending, e.g. "./inference-thread"
 */
export function startThread(caller: string, name: string, options: WorkerOptions = {}): Worker {
  const typescript = new URL(caller).pathname.endsWith(".ts");
  const module = new URL(`${name}${typescript ? ".ts" : ".js"}`, caller);
  return typescript
    ? new Worker(new URL("./typescript-worker.mjs", import.meta.url), { ...options, argv: [module.href] })
    : new Worker(module, options);
}
