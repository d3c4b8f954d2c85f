import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import { projectRoot } from "../../platform/process/config.ts";
import { spdx } from "./licences.ts";
import { lockedPackages } from "./lockfile.ts";
import { sha256Of, vendored } from "./vendored.ts";

const component = z.looseObject({
  "bom-ref": z.string(),
  name: z.string(),
  version: z.string(),
  licenses: z.array(z.unknown()).optional(),
});
const document = z.looseObject({
  metadata: z.looseObject({ component }),
  components: z.array(component),
  dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()).default([]) })),
});
type Sbom = z.output<typeof document>;

/**
 * The bill of materials as CycloneDX 1.5: npm's own of what package-lock.json installs (`npm sbom`), with the product
 * under its own name and what lies in the repository beside the packages.
 *
 * @param withTools development dependencies too
 */
export function billOfMaterials(withTools: boolean): Sbom {
  const written = execFileSync(
    "npm",
    ["sbom", "--sbom-format", "cyclonedx", "--sbom-type", "application", "--package-lock-only"],
    { cwd: projectRoot, encoding: "utf8", maxBuffer: 64 * 1024 * 1024, stdio: ["ignore", "pipe", "inherit"] },
  );
  const sbom = document.parse(JSON.parse(written));
  // npm calls it after the folder.
  sbom.metadata.component.name = "paysecure";
  const packages = new Map(lockedPackages().map((one) => [`${one.name}@${one.version}`, one]));
  // npm's own `--omit dev` leaves out as well what tools and product have in common.
  const stays = (ref: string): boolean => withTools || !packages.get(ref)?.dev;
  sbom.components = sbom.components.filter((one) => stays(one["bom-ref"]));
  sbom.dependencies = sbom.dependencies
    .filter(({ ref }) => stays(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(stays) }));
  for (const one of sbom.components) {
    // npm passes no licence on whose name SPDX does not know.
    const license = packages.get(one["bom-ref"])?.license;
    if (!one.licenses?.length && license) one.licenses = [{ license: { id: spdx(license) } }];
  }
  for (const { name, version, type, license: id, file, from } of vendored()) {
    sbom.components.push({
      "bom-ref": `${name}@${version}`,
      type,
      name,
      version,
      scope: "required",
      licenses: [{ license: { id } }],
      hashes: [{ alg: "SHA-256", content: sha256Of(file) }],
      properties: [
        { name: "paysecure:file", value: file },
        { name: "paysecure:from", value: from },
      ],
    });
  }
  return sbom;
}

/** `npm run sbom [-- --out FILE] [-- --with-tools]` */
if (import.meta.filename === process.argv[1]) {
  const { values } = parseArgs({
    options: { out: { type: "string" }, "with-tools": { type: "boolean", default: false } },
  });
  const text = `${JSON.stringify(billOfMaterials(values["with-tools"]), null, 2)}\n`;
  if (values.out === undefined) process.stdout.write(text);
  else writeFileSync(values.out, text);
}
