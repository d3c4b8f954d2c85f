import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { ConfigError, databaseUrl, parseEnv } from "./env.ts";
import { takeSettingsFile } from "./settings-file.ts";

const folder = mkdtempSync(join(tmpdir(), "paysecure-settings-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const schema = z.object({ PORT: z.coerce.number().default(1), DATABASE_URL: databaseUrl });
const URL = "postgres://app:p%40ss@db.example/paysecure";

test("a settings file fills in what the environment does not say, and overrides nothing", () => {
  const path = file("a.env", `# ours\nPORT=9\nHOST="0.0.0.0" # all\nexport NAME='a # b'\nDATA_DIR=/x\n`);
  const env: Record<string, string | undefined> = { PORT: "8", DATA_DIR: "" };
  expect(takeSettingsFile(env, path)).toBeUndefined();
  expect(env).toEqual({ PORT: "8", DATA_DIR: "", HOST: "0.0.0.0", NAME: "a # b" });
});

test("it says nothing of a secret that the environment has by its other name", () => {
  const path = file("b.env", "DATABASE_URL_FILE=/run/secrets/db\nSECRET_KEY=abc\n");
  const env: Record<string, string | undefined> = { DATABASE_URL: URL, SECRET_KEY_FILE: "/k" };
  takeSettingsFile(env, path);
  expect(env).toEqual({ DATABASE_URL: URL, SECRET_KEY_FILE: "/k" });
});

test("the usual file may be missing, one that was named may not", () => {
  const missing = join(folder, "none");
  expect(takeSettingsFile({}, missing)).toBeUndefined();
  expect(takeSettingsFile({ ENV_FILE: missing }, undefined)).toBe(
    `the settings in ${missing} cannot be read (ENOENT)`,
  );
});

test("a secret is read from the file that NAME_FILE names", () => {
  const path = file("db", `${URL}\n`);
  expect(parseEnv(schema, { DATABASE_URL_FILE: path })).toEqual({ PORT: 1, DATABASE_URL: URL });
});

test.each([
  ["cannot be read", { DATABASE_URL_FILE: "/nowhere/db" }, "/nowhere/db cannot be read (ENOENT)"],
  ["is empty", { DATABASE_URL_FILE: "/dev/null" }, "/dev/null is empty"],
  [
    "stands beside the variable",
    { DATABASE_URL_FILE: "/x", DATABASE_URL: URL },
    "DATABASE_URL is set too: set one of them",
  ],
])("a secret's file that %s is named", (_what, env, words) => {
  expect(() => parseEnv(schema, env)).toThrow(
    new ConfigError(`Configuration is wrong:\n  DATABASE_URL_FILE (set): ${words}`),
  );
});

test("what is no secret has no file", () => {
  expect(() => parseEnv(schema, { PORT_FILE: "/x", DATABASE_URL: URL })).not.toThrow();
});
