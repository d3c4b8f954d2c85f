import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** Generates TypeScript types and descriptors from the contract into proto/gen; with --check compares instead and exits 1 on drift. */
const here = fileURLToPath(new URL(".", import.meta.url));
const target = join(here, "gen");
const check = process.argv.includes("--check");
const out = check ? mkdtempSync(join(tmpdir(), "paysecure-proto-")) : target;

if (!check) rmSync(target, { recursive: true, force: true });
// The loader options that these types describe are in proto/loader.ts; change both together.
execFileSync(
  process.execPath,
  [
    join(here, "../node_modules/@grpc/proto-loader/build/bin/proto-loader-gen-types.js"),
    ...["--longs=String", "--defaults", "--arrays", "--oneofs", "--includeComments"],
    ...["--grpcLib=@grpc/grpc-js", "--importFileExtension=.ts", "-I", "proto", "-O", out],
    ...["paysecure/scoring/v1/scoring.proto", "paysecure/admin/v1/admin.proto"],
    "inference/open_inference.proto",
    ...["google/rpc/error_details.proto", "google/rpc/status.proto"],
  ],
  { stdio: "inherit", cwd: join(here, "..") },
);

execFileSync(
  process.execPath,
  [
    join(here, "../node_modules/@bufbuild/buf/bin/buf"),
    ...["build", here, "--as-file-descriptor-set", "--exclude-source-info"],
    ...["-o", join(out, "descriptors.binpb")],
  ],
  { stdio: "inherit" },
);

if (check) {
  const drift = [...new Set([...files(out), ...files(target)])].filter(
    (file) => read(join(out, file)) !== read(join(target, file)),
  );
  rmSync(out, { recursive: true });
  if (drift.length > 0) {
    process.stderr.write(`proto/gen is out of date (${drift.join(", ")}): run npm run generate\n`);
    process.exit(1);
  }
}

function files(root: string): string[] {
  try {
    return readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)));
  } catch {
    return [];
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}
