import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../platform/process/config.ts";

/** Something of others, or learned from others' data, that lies in the repository and not in package-lock.json. */
export interface Vendored {
  readonly name: string;
  readonly version: string;
  readonly type: "library" | "data" | "machine-learning-model";
  /** SPDX. */
  readonly license: string;
  /** Of the repository. */
  readonly file: string;
  /** Of the repository; the licence's own text. */
  readonly text?: string;
  readonly from: string;
}

/** What comes along beside the packages. */
export function vendored(): Vendored[] {
  return [
    {
      name: "Inter (Latin)",
      version: "4",
      type: "library",
      license: "OFL-1.1",
      file: "web/assets/fonts/inter-latin.woff2",
      text: "web/assets/fonts/LICENSE.txt",
      from: "https://rsms.me/inter/",
    },
    ...["error_details", "status"].map(
      (name): Vendored => ({
        name: `google/rpc/${name}.proto`,
        version: "1",
        type: "library",
        license: "Apache-2.0",
        file: `proto/google/rpc/${name}.proto`,
        from: "https://github.com/googleapis/googleapis",
      }),
    ),
    ...models(),
  ];
}

/** The models that a new installation serves: our own work on the data set named in the README. */
function models(): Vendored[] {
  const registry = join(projectRoot, "models/registry");
  const folders = (path: string): string[] =>
    readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  return folders(registry).flatMap((name) =>
    folders(join(registry, name)).flatMap((version): Vendored[] => {
      const file = `models/registry/${name}/${version}/model.onnx`;
      if (!existsSync(join(projectRoot, file))) return [];
      const from = "trained by `npm run train` on the credit-card data set of ULB and Worldline (ODbL 1.0)";
      return [{ name, version, type: "machine-learning-model", license: "Apache-2.0", file, from }];
    }),
  );
}

/** SHA-256 of a file of the repository, lower-case hex. */
export function sha256Of(file: string): string {
  return createHash("sha256")
    .update(readFileSync(join(projectRoot, file)))
    .digest("hex");
}
