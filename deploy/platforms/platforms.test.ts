import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { newApiKey } from "../../platform/credentials/api-key.ts";
import { projectRoot } from "../../platform/process/config.ts";
import { knownSettings } from "../../platform/process/env.ts";
import { checkSettings } from "../doctor/settings.ts";
import { parseProcfile } from "../runner/procfile.ts";
import { readToml } from "./toml-subset.ts";

/** No platform is here to run them: the files are held against the Procfile and what the processes read. */
const read = (path: string): string => readFileSync(join(projectRoot, path), "utf8");
const file = (name: string): string => read(`deploy/platforms/${name}`);
const procfile = new Map(parseProcfile(read("Procfile")).map(({ name, command }) => [name, command]));
/** The platforms' own, and libpq's, which are no settings of ours. */
const THEIRS = new Set(["NODE_ENV", "NODE_VERSION", "PGSSLMODE"]);
/** Set by npm start, and here by hand. */
const HOUSE = "SCORER_HOUSE_KEY_SHA256";

const { key, sha256 } = newApiKey();
/** What is filled in on the platform. */
const FILLED: Readonly<Record<string, string>> = {
  DATABASE_URL: "postgres://u:p@db.example/paysecure",
  REDIS_URL: "redis://cache.example:6379",
  PUBLIC_URL: "https://fraud.example.com",
  SECRET_KEY: Buffer.alloc(32, 7).toString("base64"),
  SCORER_API_KEY: key,
  [HOUSE]: sha256,
  SCORER_ADDRESS: "scorer.example:50051",
};

/** Every process, or the one that has them, reads these settings without complaint; each is one that somebody reads. */
function expectSettings(env: Readonly<Record<string, string | undefined>>, only?: string): void {
  const given = Object.fromEntries(
    Object.entries(env)
      .filter(([name]) => !THEIRS.has(name))
      .map(([name, value]) => [name, value ?? FILLED[name]]),
  );
  const faults = checkSettings(given).filter(({ state, found }) => {
    const whose = /\(([^()]+)\)$/.exec(found)?.[1]?.split(", ") ?? [];
    return state !== "ok" && (only === undefined || whose.includes(only));
  });
  expect(faults).toEqual([]);
  for (const [name, value] of Object.entries(given)) {
    expect(knownSettings(), name).toContain(name);
    expect(value, name).toBeDefined();
  }
}

/** Whoever is not in a file is said to be left out. */
function expectWhole(text: string, names: readonly string[]): void {
  for (const name of names) expect(procfile.has(name), name).toBe(true);
  for (const name of ["scorer", "worker", "web"]) expect(names).toContain(name);
  for (const name of procfile.keys()) if (!names.includes(name)) expect(text).toContain(`\`${name}\``);
}

const herokuApp = z.strictObject({
  name: z.string(),
  description: z.string(),
  stack: z.string(),
  buildpacks: z.array(z.strictObject({ url: z.string() })),
  addons: z.array(z.strictObject({ plan: z.string(), as: z.string().optional() })),
  env: z.record(
    z.string(),
    z.strictObject({
      description: z.string(),
      value: z.string().optional(),
      required: z.boolean().optional(),
    }),
  ),
  formation: z.record(z.string(), z.strictObject({ quantity: z.number().int(), size: z.string() })),
});

test("Heroku: every process of the Procfile has its dynos, and may start with the settings", () => {
  const { env, formation, addons } = herokuApp.parse(JSON.parse(file("app.json")));
  // Heroku runs release itself.
  expect(Object.keys(formation).sort()).toEqual(
    [...procfile.keys()].filter((name) => name !== "release").sort(),
  );
  for (const { value, required = false } of Object.values(env)) expect(value === undefined).toBe(required);
  const given = Object.fromEntries(Object.entries(env).map(([name, { value }]) => [name, value]));
  // PORT is the router's; the others are of the addons.
  expectSettings({ ...given, PORT: "34567", DATABASE_URL: undefined, REDIS_URL: undefined });
  expect(addons.map(({ plan }) => plan)).toEqual(["heroku-postgresql:private-0", "rediscloud"]);
});

const renderVar = z.union([
  z.strictObject({ key: z.string(), value: z.string() }),
  z.strictObject({ key: z.string(), sync: z.literal(false) }),
  z.strictObject({ key: z.string(), generateValue: z.literal(true) }),
  z.strictObject({
    key: z.string(),
    fromService: z.strictObject({
      type: z.string(),
      name: z.string(),
      property: z.enum(["hostport", "connectionString"]).optional(),
      envVarKey: z.string().optional(),
    }),
  }),
  z.strictObject({
    key: z.string(),
    fromDatabase: z.strictObject({ name: z.string(), property: z.literal("connectionString") }),
  }),
]);
const renderFile = z.strictObject({
  services: z.array(
    z.looseObject({
      type: z.enum(["web", "worker", "pserv", "keyvalue"]),
      name: z.string(),
      startCommand: z.string().optional(),
      preDeployCommand: z.string().optional(),
      healthCheckPath: z.string().optional(),
      envVars: z.array(renderVar).default([]),
    }),
  ),
  databases: z.array(z.looseObject({ name: z.string() })),
});

test("Render: every service runs a process of the Procfile, finds what it names, and may start", () => {
  const text = file("render.yaml");
  const { services, databases } = renderFile.parse(parse(text));
  const nameOf = (command: string | undefined): string =>
    [...procfile].find(([, each]) => each === command)?.[0] ?? `nobody: ${command}`;
  const ours = services.filter(({ type }) => type !== "keyvalue");
  const web = ours.find(({ type }) => type === "web");
  expectWhole(text, [...ours.map(({ startCommand }) => nameOf(startCommand)), nameOf(web?.preDeployCommand)]);
  expect(web?.healthCheckPath).toBe("/healthz");
  for (const { name, envVars, startCommand } of ours) {
    for (const each of envVars) {
      if ("fromDatabase" in each) expect(databases.map((one) => one.name)).toContain(each.fromDatabase.name);
      if (!("fromService" in each)) continue;
      const { type, name: from, envVarKey } = each.fromService;
      const service = services.find((one) => one.name === from);
      expect([from, service?.type]).toEqual([from, type]);
      if (envVarKey !== undefined) expect(service?.envVars.map((one) => one.key)).toContain(envVarKey);
    }
    expect(new Set(envVars.map((each) => each.key)).size, name).toBe(envVars.length);
    expectSettings(
      Object.fromEntries(envVars.map((each) => [each.key, "value" in each ? each.value : undefined])),
      nameOf(startCommand),
    );
  }
});

const flyChecks = { path: z.string(), method: z.literal("GET") };
const flyFile = z.looseObject({
  app: z.string(),
  build: z.strictObject({ dockerfile: z.string() }),
  deploy: z.strictObject({ release_command: z.string() }),
  processes: z.record(z.string(), z.string()),
  env: z.record(z.string(), z.string()),
  http_service: z.looseObject({
    internal_port: z.number(),
    processes: z.array(z.string()),
    checks: z.array(z.looseObject(flyChecks)),
  }),
  checks: z.record(
    z.string(),
    z.looseObject({ ...flyChecks, port: z.number(), processes: z.array(z.string()) }),
  ),
});

test("Fly: every group is a process of the Procfile, ports and addresses agree, and each may start", () => {
  const text = file("fly.toml");
  const fly = flyFile.parse(readToml(text));
  for (const [name, command] of Object.entries(fly.processes)) expect(command).toBe(name);
  expectWhole(text, [...Object.keys(fly.processes), fly.deploy.release_command]);
  const { PORT, SCORER_PORT, SCORER_ADDRESS, OPS_PORT } = fly.env;
  expect(fly.http_service).toMatchObject({ internal_port: Number(PORT), processes: ["web"] });
  expect(SCORER_ADDRESS).toBe(`scorer.process.${fly.app}.internal:${SCORER_PORT}`);
  for (const { port } of Object.values(fly.checks)) expect(port).toBe(Number(OPS_PORT));
  for (const { path } of [...fly.http_service.checks, ...Object.values(fly.checks)])
    expect(path).toBe("/healthz");
  const secrets = ["DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "SECRET_KEY", "SCORER_API_KEY", HOUSE];
  for (const name of secrets) expect(text).toContain(name);
  expectSettings({ ...Object.fromEntries(secrets.map((name) => [name, undefined])), ...fly.env });
  expect(read(join("deploy/platforms", fly.build.dockerfile))).toContain("deploy/image/entrypoint.sh");
});

const python = spawnSync("python3", ["-c", "import tomllib"]).status === 0;

test.skipIf(!python)("our reader of TOML reads fly.toml as Python's does", () => {
  const said = spawnSync(
    "python3",
    ["-c", "import json,sys,tomllib;print(json.dumps(tomllib.load(sys.stdin.buffer)))"],
    {
      input: file("fly.toml"),
      encoding: "utf8",
    },
  );
  expect(JSON.parse(said.stdout)).toEqual(readToml(file("fly.toml")));
});

test.each(["a", "a = b", "a = 1\na = 2", "[a]\n[a]", "a = {}", "[a]\n[[a]]"])(
  "%j is no TOML of ours",
  (text) => {
    expect(() => readToml(text)).toThrow();
  },
);

test.each(["heroku", "render", "fly"])(
  "docs/operate/%s.md names files and commands that there are",
  (name) => {
    const page = read(`docs/operate/${name}.md`);
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    for (const [, script = ""] of page.matchAll(/npm run ([\w:-]+)/g))
      expect(scripts).toHaveProperty([script]);
    for (const [path] of page.matchAll(
      /\b(?:web|pipeline|models|deploy|platform)\/[\w./-]+\.(?:ts|json|yaml|toml)\b/g,
    ))
      expect(() => read(path), path).not.toThrow();
  },
);
