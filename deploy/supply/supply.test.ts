import { execFileSync, spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { projectRoot } from "../../platform/process/config.ts";
import { verdictOf } from "./audit-packages.ts";
import { isAllowed, refused, SHIPPED } from "./licences.ts";
import { lockedPackages } from "./lockfile.ts";
import { billOfMaterials } from "./sbom.ts";
import { sha256Of, vendored } from "./vendored.ts";

const packages = lockedPackages();

test("npm ci takes nothing whose content is not known beforehand, from whatever registry", () => {
  expect(packages.length).toBeGreaterThan(200);
  const unhashed = packages.filter(({ integrity }) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ""));
  expect(unhashed.map(({ name }) => name)).toEqual([]);
  // Addresses of the registry at hand are its operator's: the hash says what is meant.
  expect(packages.filter(({ resolved }) => resolved !== undefined).map(({ name }) => name)).toEqual([]);
});

test("no package gets to run a script when it is installed, and those that would like to are known to work without", () => {
  const npmrc = execFileSync("npm", ["config", "get", "ignore-scripts"], {
    cwd: projectRoot,
    encoding: "utf8",
  });
  expect(npmrc.trim()).toBe("true");
  const wishing = packages.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name);
  expect(wishing).toEqual([
    ...["@bufbuild/buf", "esbuild", "msgpackr-extract", "onnxruntime-node", "protobufjs"],
  ]);
});

test("everything has a licence from the list; tools that are not shipped may be under MPL-2.0 as well", () => {
  expect(refused(packages)).toEqual([]);
  expect(vendored().filter(({ license }) => !isAllowed(license, SHIPPED))).toEqual([]);
});

test.each([
  ["MIT", true],
  ["(MIT OR GPL-3.0-only)", true],
  ["MIT AND CC-BY-4.0", false],
  ["GPL-3.0-only", false],
  ["SEE LICENSE IN LICENSE.txt", false],
  ["UNLICENSED", false],
])("%s may be shipped: %s", (license, may) => {
  expect(isAllowed(license, SHIPPED)).toBe(may);
});

test("the bill of materials is CycloneDX and names every package that is shipped, the font and the models", () => {
  const sbom = billOfMaterials(false);
  expect(sbom).toMatchObject({
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    metadata: { component: { name: "paysecure", type: "application" } },
  });
  const listed = new Set(sbom.components.map(({ name, version }) => `${name}@${version}`));
  const shipped = packages.filter(({ dev, optional }) => !dev && !optional);
  for (const { name, version } of shipped) expect(listed).toContain(`${name}@${version}`);
  for (const { name, version, file } of vendored()) {
    expect(listed).toContain(`${name}@${version}`);
    expect(JSON.stringify(sbom)).toContain(sha256Of(file));
  }
  expect(sbom.components.filter(({ licenses }) => !licenses?.length)).toEqual([]);
  const tools = new Set(packages.filter(({ dev }) => dev).map(({ name, version }) => `${name}@${version}`));
  expect([...listed].filter((one) => tools.has(one))).toEqual([]);
  const refs = new Set([sbom.metadata.component, ...sbom.components].map((one) => one["bom-ref"]));
  expect(refs.size).toBe(sbom.components.length + 1);
  expect(sbom.dependencies.flatMap(({ dependsOn }) => dependsOn).filter((ref) => !refs.has(ref))).toEqual([]);
});

test("the notices hold the licence's text of every package that is installed", () => {
  const text = execFileSync(process.execPath, ["--import", "tsx", "deploy/supply/licences.ts"], {
    cwd: projectRoot,
    encoding: "utf8",
  });
  for (const { name, version } of packages.filter(({ dev }) => !dev))
    expect(text).toContain(`## ${name} ${version}`);
  expect(text).toContain("SIL OPEN FONT LICENSE");
  expect(text).toContain("Permission is hereby granted");
});

test("known weaknesses stop the build from high on; a registry that cannot say is not taken for none", () => {
  const found = (severity: string): string =>
    JSON.stringify({ vulnerabilities: { left: { severity, range: "<2", fixAvailable: true } } });
  expect(verdictOf('{"vulnerabilities":{}}')).toEqual({ asked: true, known: [], stops: false });
  expect(verdictOf(found("moderate"))).toEqual({ asked: true, known: ["moderate: left <2"], stops: false });
  expect(verdictOf(found("critical"))).toMatchObject({ asked: true, stops: true });
  expect(verdictOf('{"message":"405 Method Not Allowed","error":{}}')).toEqual({
    asked: false,
    why: "405 Method Not Allowed",
  });
  expect(verdictOf("").asked).toBe(false);
  // As it is called: with a registry that does not answer, it says so, and fails only where it must know.
  const env = { ...process.env, npm_config_registry: "http://127.0.0.1:1/", npm_config_fetch_retries: "0" };
  const run = (...more: string[]) =>
    spawnSync(process.execPath, ["--import", "tsx", "deploy/supply/audit-packages.ts", ...more], {
      cwd: projectRoot,
      encoding: "utf8",
      env,
    });
  const lax = run();
  expect([lax.status, lax.stdout]).toEqual([0, expect.stringContaining("NOT CHECKED")]);
  expect(run("--required").status).toBe(1);
}, 60_000);
