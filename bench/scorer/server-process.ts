import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { inheritedEnv } from "../config.ts";

/** A server in its own process, on a port of its own. */
export interface ServerProcess {
  readonly address: string;
  readonly pid: number;
  readonly metricsPort: number | undefined;
  /** User and system time of the process so far, milliseconds. */
  cpuMs(): number;
  /** Resident memory, bytes. */
  residentBytes(): number;
  /** The last log line with this message. */
  lastLine(message: string): Readonly<Record<string, unknown>> | undefined;
  /** Sends a signal and waits for the end; gives the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

const CLOCK_TICK_MS = 10;
const START_LIMIT_MS = 30_000;

/** Starts `tsx <file>` and waits for its log lines: `address` when it listens, the message "ready" when it serves. */
export async function startServer(
  file: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const path = fileURLToPath(new URL(`../../${file}`, import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", path], {
    env: { ...inheritedEnv, SCORER_PORT: "0", LOG_LEVEL: "info", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = new Map<string, Readonly<Record<string, unknown>>>();
  const { address, metricsPort } = await readiness(child, lines);
  const pid = child.pid as number;
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  return {
    address,
    pid,
    metricsPort,
    lastLine: (message) => lines.get(message),
    cpuMs: () => cpuMs(pid),
    residentBytes: () => residentBytes(pid),
    stop: (signal = "SIGTERM") => {
      child.kill(signal);
      return exited;
    },
  };
}

function readiness(
  child: ChildProcess,
  lines: Map<string, Readonly<Record<string, unknown>>>,
): Promise<{ readonly address: string; readonly metricsPort: number | undefined }> {
  return new Promise((resolve, reject) => {
    let address = "";
    let metricsPort: number | undefined;
    const limit = setTimeout(() => reject(new Error("the server did not start in time")), START_LIMIT_MS);
    child.once("exit", (code) => reject(new Error(`the server ended with ${code} before it was ready`)));
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (text) => {
      const line = JSON.parse(text) as { msg: string; level: number; address?: string; port?: number };
      lines.set(line.msg, line);
      if (line.level >= 40) console.error(text);
      if (line.address !== undefined) address = line.address;
      if (line.msg === "metrics") metricsPort = line.port;
      if (line.msg === "ready") {
        clearTimeout(limit);
        resolve({ address, metricsPort });
      }
    });
  });
}

function cpuMs(pid: number): number {
  // proc(5): utime and stime are fields 14 and 15; the name in parentheses may hold spaces.
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * CLOCK_TICK_MS;
}

function residentBytes(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(match?.[1] ?? 0) * 1024;
}
