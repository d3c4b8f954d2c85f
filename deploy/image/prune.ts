import { readdirSync, rmSync } from "node:fs";
import { arch, platform } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../platform/process/config.ts";

/** Run while the image is built, never in a working copy: takes out of node_modules what this machine never loads. */
const modules = join(projectRoot, "node_modules");

/** Nobody reads these in an image: types, maps to sources, words for people. Licences stay. */
const NEVER_LOADED = /\.(d\.[cm]?ts|map|md|markdown|tsbuildinfo)$/;
/** Bundles for browsers of what is imported by parts; a compiler that other packages ask to have beside them. */
const UNUSED = ["echarts/dist", "echarts/types", "zrender/dist", "typescript", "@typescript"];
/** Modules that repeat others for bundlers. */
const BUNDLERS_ONLY = ["esnext", "esm"];

/** onnxruntime-node comes with the binaries of every system. */
function keepOwnBinaries(): void {
  const root = join(modules, "onnxruntime-node/bin");
  for (const api of readdirSync(root)) {
    for (const system of readdirSync(join(root, api))) {
      for (const machine of readdirSync(join(root, api, system))) {
        if (system === platform() && machine === arch()) continue;
        rmSync(join(root, api, system, machine), { recursive: true });
      }
    }
  }
}

function removeNeverLoaded(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) removeNeverLoaded(path);
    else if (NEVER_LOADED.test(entry.name)) rmSync(path);
  }
}

/** OpenTelemetry's packages say `main` for Node, `module` and `esnext` for bundlers. */
function removeBundlersOwn(): void {
  const root = join(modules, "@opentelemetry");
  for (const name of readdirSync(root)) {
    for (const kind of BUNDLERS_ONLY)
      rmSync(join(root, name, "build", kind), { recursive: true, force: true });
  }
}

keepOwnBinaries();
for (const path of UNUSED) rmSync(join(modules, path), { recursive: true, force: true });
removeBundlersOwn();
removeNeverLoaded(modules);
