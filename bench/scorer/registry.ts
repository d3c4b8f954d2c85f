import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { registryRoot } from "../../models/registry.ts";
import { seedRegistry } from "../../scorer/serving/seed.ts";

/** A registry as a fresh installation has it, which a bench may change. */
export async function copyRegistry(): Promise<{ readonly root: string; remove(): Promise<void> }> {
  const root = await mkdtemp(join(tmpdir(), "paysecure-bench-"));
  await seedRegistry(registryRoot, root);
  return { root, remove: () => rm(root, { recursive: true, force: true }) };
}
