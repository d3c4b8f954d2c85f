import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A copy of the committed registry that a bench may change. */
export async function copyRegistry(): Promise<{ readonly root: string; remove(): Promise<void> }> {
  const root = await mkdtemp(join(tmpdir(), "paysecure-bench-"));
  await cp(fileURLToPath(new URL("../../models/registry", import.meta.url)), root, { recursive: true });
  await rm(join(root, "serving.json"), { force: true });
  return { root, remove: () => rm(root, { recursive: true, force: true }) };
}
