import { readdirSync, readFileSync } from "node:fs";

/** Clock ticks a second that /proc counts in; 100 on every Linux that Node runs on. */
const TICKS = 100;

function stat(pid: number): { readonly parent: number; readonly seconds: number } | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return { parent: Number(fields[1]), seconds: (Number(fields[11]) + Number(fields[12])) / TICKS };
  } catch {
    return undefined;
  }
}

/** Seconds of CPU that a process and its children have used; those that have ended meanwhile are not in it. */
export function cpuSeconds(pid: number): number {
  const all = readdirSync("/proc").flatMap((name) => {
    const found = /^\d+$/.test(name) ? stat(Number(name)) : undefined;
    return found ? [{ pid: Number(name), ...found }] : [];
  });
  const own = all.find((one) => one.pid === pid)?.seconds ?? 0;
  return own + all.filter((one) => one.parent === pid).reduce((sum, one) => sum + one.seconds, 0);
}

/** Memory of a process that is resident, megabytes. */
export function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}
