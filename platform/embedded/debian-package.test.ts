import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findOnPath, findOrInstall } from "./debian-package.ts";

const LIBRARIES = "packages/probe-unpacked/usr/lib/x86_64-linux-gnu";
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "paysecure-packages-"));
  for (const place of ["bin", "packages/probe-unpacked/usr/bin", LIBRARIES, join(LIBRARIES, "pulseaudio")]) {
    await mkdir(join(folder, place), { recursive: true });
  }
  for (const file of ["bin/probe-on-path", "packages/probe-unpacked/usr/bin/probe-unpacked"]) {
    await writeFile(join(folder, file), "#!/bin/sh\n");
    await chmod(join(folder, file), 0o755);
  }
  await writeFile(join(folder, "bin/not-executable"), "");
  await writeFile(join(folder, LIBRARIES, "libprobe.so.1"), "");
  await writeFile(join(folder, LIBRARIES, "pulseaudio/libcommon-16.1.so"), "");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const request = (command: string) => ({
  command,
  packages: [command],
  folder: join(folder, "packages"),
  path: `/nowhere:${join(folder, "bin")}`,
  say: () => {},
  instruction: "Install it by hand.",
});

test("a program on PATH is used as it is", async () => {
  expect(await findOrInstall(request("probe-on-path"))).toEqual({
    file: join(folder, "bin/probe-on-path"),
    env: {},
  });
});

test("a file that cannot be executed is no program", async () => {
  expect(await findOnPath("not-executable", join(folder, "bin"))).toBeUndefined();
});

test("a program unpacked earlier is used with its libraries", async () => {
  const program = await findOrInstall(request("probe-unpacked"));
  expect(program.file).toBe(join(folder, "packages/probe-unpacked/usr/bin/probe-unpacked"));
  const folders = [LIBRARIES, join(LIBRARIES, "pulseaudio")].map((name) => join(folder, name));
  expect(program.env["LD_LIBRARY_PATH"]).toBe(folders.join(delimiter));
});
