import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SYSTEM } from "../../domain/actors.ts";
import { DEMO_CHAMPIONS, seedRegistry } from "./seed.ts";
import { changeServing, readServing } from "./state.ts";

let folder: string;
let seed: string;
let served: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "paysecure-seed-"));
  seed = join(folder, "seed");
  served = join(folder, "registry");
  for (const version of ["cards/1", `${DEMO_CHAMPIONS.payments}/1`, `${DEMO_CHAMPIONS.payments}/2`]) {
    await mkdir(join(seed, version), { recursive: true });
    await writeFile(join(seed, version, "card.json"), "{}");
  }
  const state = { champion: "cards@1", challenger: null, shadows: [] };
  await writeFile(join(seed, "serving.json"), JSON.stringify(state));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const champion = async () => (await readServing(served)).champion;

test("a demo serves its own model while it runs, and the next start without it serves what it did before", async () => {
  await seedRegistry(seed, served);
  expect(await champion()).toBe("cards@1");
  await seedRegistry(seed, served, { demo: "payments" });
  expect(await champion()).toBe("payments-demo@2");
  await seedRegistry(seed, served);
  expect(await champion()).toBe("cards@1");
});

test("a command that looks at the registry meanwhile leaves the demo alone", async () => {
  await seedRegistry(seed, served, { demo: "payments" });
  await seedRegistry(seed, served, { keepServing: true });
  expect(await champion()).toBe("payments-demo@2");
  const fresh = join(folder, "fresh");
  await seedRegistry(seed, fresh, { keepServing: true });
  expect((await readServing(fresh)).champion).toBe("cards@1");
});

test("what somebody chose stays, demo or not", async () => {
  await seedRegistry(seed, served);
  await cp(join(seed, "cards", "1"), join(served, "cards", "9"), { recursive: true });
  await changeServing(served, {
    ...{ actor: SYSTEM, act: "promote", role: "champion", reason: "chosen" },
    change: (state) => ({ ...state, champion: "cards@9" }),
  });
  await seedRegistry(seed, served, { demo: "payments" });
  expect(await champion()).toBe("cards@9");
});
