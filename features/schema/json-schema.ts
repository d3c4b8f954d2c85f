import { z } from "zod";
import { FEATURE_SHAPES, fileShape } from "./shape.ts";

/** schema.yaml as JSON Schema 2020-12, for editors: `# yaml-language-server: $schema=…` in the file's first line. */
export function schemaJsonSchema(): Record<string, unknown> {
  const features = z.record(z.string(), z.union(Object.values(FEATURE_SHAPES)));
  const json = z.toJSONSchema(fileShape.extend({ features }), { io: "input", unrepresentable: "any" });
  return { title: "PaySecure: schema of a model", ...json };
}
