import { fileURLToPath } from "node:url";
import { type GrpcObject, loadPackageDefinition } from "@grpc/grpc-js";
import { loadSync, type Options, type PackageDefinition } from "@grpc/proto-loader";
import type { ProtoGrpcType as AdminTypes } from "./gen/admin.ts";
import type { ProtoGrpcType as DetailTypes } from "./gen/error_details.ts";
import type { ProtoGrpcType as InferenceTypes } from "./gen/open_inference.ts";
import type { ProtoGrpcType as ScoringTypes } from "./gen/scoring.ts";

/** Where the .proto files are; also what `protoc -I` and reflection need. */
export const PROTO_ROOT = fileURLToPath(new URL(".", import.meta.url));

/** The compiled contract (a google.protobuf.FileDescriptorSet), for reflection. */
export const DESCRIPTORS_FILE = fileURLToPath(new URL("gen/descriptors.binpb", import.meta.url));

/** The options that the types in proto/gen were generated for. */
const LOADER_OPTIONS: Options = {
  longs: String,
  defaults: true,
  arrays: true,
  oneofs: true,
  includeDirs: [PROTO_ROOT],
};

/** The contract as grpc-js and reflection take it. */
export function loadContract(): PackageDefinition {
  return loadSync(
    [
      "paysecure/scoring/v1/scoring.proto",
      "paysecure/admin/v1/admin.proto",
      "inference/open_inference.proto",
      "google/rpc/error_details.proto",
      "google/rpc/status.proto",
    ],
    LOADER_OPTIONS,
  );
}

/** The contract with its generated types: service definitions, client constructors and message codecs. */
export function contractTypes(
  definition: PackageDefinition,
): ScoringTypes & AdminTypes & InferenceTypes & DetailTypes {
  return loadPackageDefinition(definition) as GrpcObject as unknown as ScoringTypes &
    AdminTypes &
    InferenceTypes &
    DetailTypes;
}

/** The numbers of a message's fields, by their names as the loader spells them (transactionId). @throws Error when there is no such message */
export function fieldNumbers(message: string): ReadonlyMap<string, number> {
  const definition = loadContract()[message];
  if (!definition || !("type" in definition)) throw new Error(`the contract has no message ${message}`);
  const { field } = definition.type as {
    readonly field: readonly { readonly name: string; readonly number: number }[];
  };
  return new Map(field.map(({ name, number }) => [name, number]));
}
