import { parentPort, Worker, workerData } from "node:worker_threads";

interface Answer<R> {
  readonly index: number;
  readonly result: R;
}

/**
 * Runs independent tasks on worker threads, each worker taking the next task as it gets free. Results come back in
 * the order of the tasks, so what is made of them does not depend on the number of threads.
 *
 * @param module URL of a module that calls {@link serveTasks}
 * @param setup given once to every worker; put large arrays on SharedArrayBuffers so that they are not copied
 * @param done called after each finished task with the number finished, and its result
 */
export async function runTasks<Setup, Task, Result>(
  module: URL,
  setup: Setup,
  tasks: readonly Task[],
  threads: number,
  done?: (finished: number, result: Result) => void,
): Promise<Result[]> {
  const results = new Array<Result>(tasks.length);
  let next = 0;
  let finished = 0;
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = startWorker(module, setup);
      const feed = () => {
        if (next >= tasks.length) {
          resolve(worker.terminate().then(() => undefined));
          return;
        }
        const index = next++;
        worker.postMessage({ index, task: tasks[index] });
      };
      worker.on("message", ({ index, result }: Answer<Result>) => {
        results[index] = result;
        done?.(++finished, result);
        feed();
      });
      worker.on("error", (error) => {
        next = tasks.length;
        reject(error);
      });
      feed();
    });
  await Promise.all(Array.from({ length: Math.max(1, Math.min(threads, tasks.length)) }, work));
  return results;
}

/** The worker's side of {@link runTasks}: `prepare` is called once with the setup, what it returns once a task. */
export function serveTasks<Setup, Task, Result>(
  prepare: (setup: Setup) => (task: Task) => Result | Promise<Result>,
): void {
  const port = parentPort;
  if (!port) throw new Error("serveTasks runs in a worker thread only");
  const run = prepare(workerData as Setup);
  port.on("message", async ({ index, task }: { index: number; task: Task }) => {
    port.postMessage({ index, result: await run(task) } satisfies Answer<Result>);
  });
}

function startWorker(module: URL, setup: unknown): Worker {
  return module.pathname.endsWith(".ts")
    ? new Worker(new URL("./typescript-worker.mjs", import.meta.url), {
        workerData: setup,
        argv: [module.href],
      })
    : new Worker(module, { workerData: setup });
}
