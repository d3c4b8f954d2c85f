import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { projectRoot } from "../../platform/process/config.ts";
import { knownSettings } from "../../platform/process/env.ts";
import { checkSettings } from "../doctor/settings.ts";
import { parseProcfile } from "../runner/procfile.ts";

/** There is no Docker here to run it: its services are held against the Procfile and what the processes read. */
const file = z.object({
  services: z.record(
    z.string(),
    z.looseObject({
      image: z.string(),
      command: z.array(z.string()).optional(),
      environment: z.record(z.string(), z.string()).optional(),
      volumes: z.array(z.string()).optional(),
      depends_on: z.record(z.string(), z.unknown()).default({}),
    }),
  ),
  volumes: z.record(z.string(), z.null()),
});
const { services, volumes } = file.parse(
  parse(readFileSync(join(projectRoot, "deploy/compose/compose.yaml"), "utf8"), { merge: true }),
);
const ours = Object.entries(services).filter(([, { image }]) => image === "paysecure");

test("every service of ours is a process of the Procfile", () => {
  const procfile = parseProcfile(readFileSync(join(projectRoot, "Procfile"), "utf8")).map(({ name }) => name);
  expect(ours.length).toBeGreaterThan(0);
  for (const [name, { command }] of ours) {
    expect(command).toEqual([name]);
    expect(procfile).toContain(name);
  }
});

test.each(ours)("%s may start with its settings", (_name, { environment = {} }) => {
  const given = Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, value.replace(/\$\{\w+:[?-]\}/g, "")]),
  );
  expect(checkSettings(given).map(({ state }) => state)).toEqual(["ok"]);
  for (const name of Object.keys(environment)) expect(knownSettings()).toContain(name);
});

test("services wait for services, and volumes are named, that there are", () => {
  for (const { depends_on, volumes: mounted = [] } of Object.values(services)) {
    for (const name of Object.keys(depends_on)) expect(services).toHaveProperty(name);
    for (const [source = ""] of mounted.map((one) => one.split(":")))
      if (!source.startsWith(".")) expect(volumes).toHaveProperty(source);
  }
});
