import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { projectRoot } from "../platform/process/config.ts";

/** `npm run exec -- node -e SCRIPT`, as a person or a service manager starts it. */
function exec(script: string): {
  readonly child: ReturnType<typeof spawn>;
  readonly lines: AsyncIterator<string>;
} {
  const child = spawn("npm", ["run", "--silent", "exec", "--", "node", "-e", script], {
    cwd: projectRoot,
    stdio: ["ignore", "pipe", "inherit"],
  });
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

test("SIGTERM to npm run exec ends the command that it runs", async () => {
  const { child, lines } = exec(`process.on("SIGTERM", () => { console.log("told"); process.exit(7); });
    setInterval(() => {}, 1000);
    console.log(process.pid);`);
  const pid = Number((await lines.next()).value);
  child.kill("SIGTERM");
  expect((await lines.next()).value).toBe("told");
  await once(child, "close");
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

test("npm run exec ends with the command's exit code", async () => {
  const { child } = exec("process.exit(7)");
  expect((await once(child, "close"))[0]).toBe(7);
});
