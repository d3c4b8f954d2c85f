import { readFileSync } from "node:fs";
import {
  type ServerDuplexStream,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import protobuf from "protobufjs";
import descriptor from "protobufjs/ext/descriptor/index.js";
import { DomainError } from "../platform/process/errors.ts";
import { DESCRIPTORS_FILE, PROTO_ROOT } from "../proto/loader.ts";
import { toGrpcStatus } from "./contract/status.ts";
import { LONGEST_STREAM_MS, ReflectionLimits, shortRequests } from "./reflection-limits.ts";
import { tolerant } from "./tolerant-service.ts";

/**
 * gRPC server reflection (https://github.com/grpc/grpc/blob/master/doc/server-reflection.md), v1 and v1alpha, over the
 * descriptors that buf compiled from proto/. proto-loader's own descriptors merge files by package and leave their
 * imports out, which strict clients such as `buf curl` do not accept.
 */
const NAME = "grpc.reflection.v1.ServerReflection";
const ALPHA_NAME = "grpc.reflection.v1alpha.ServerReflection";

interface ReflectionRequest {
  readonly fileByFilename?: string;
  readonly fileContainingSymbol?: string;
  readonly listServices?: string;
  readonly fileContainingExtension?: unknown;
  readonly allExtensionNumbersOfType?: string;
}

interface SourceFile {
  readonly bytes: Buffer;
  readonly imports: readonly string[];
}

/** Service definitions and their implementation, to be added to a server. */
export interface Reflection {
  readonly services: readonly ServiceDefinition[];
  readonly implementation: UntypedServiceImplementation;
}

/**
 * @param serviceNames the full names of the services the server offers
 */
export function createReflection(serviceNames: readonly string[]): Reflection {
  const { files, symbols } = readDescriptors();
  const answer = (request: ReflectionRequest): object => {
    if (request.listServices !== undefined) {
      const service = [...serviceNames, NAME].sort().map((name) => ({ name }));
      return { listServicesResponse: { service } };
    }
    const wanted = request.fileByFilename ?? symbols.get(request.fileContainingSymbol ?? "") ?? "";
    if (files.has(wanted)) {
      return { fileDescriptorResponse: { fileDescriptorProto: withImports(files, wanted) } };
    }
    if (request.allExtensionNumbersOfType !== undefined || request.fileContainingExtension !== undefined) {
      return failure("no extensions are used");
    }
    return failure("nothing of that name is served here");
  };
  const limits = new ReflectionLimits();
  const handle = (call: ServerDuplexStream<ReflectionRequest | DomainError, object>): void => {
    const peer = call.getPeer();
    const refuse = (error: unknown): void => {
      const refusal = toGrpcStatus(error);
      call.pause();
      call.emit("error", Object.assign(new Error(refusal.details), refusal));
    };
    try {
      const over = limits.open(peer);
      const longest = setTimeout(() => call.end(), LONGEST_STREAM_MS).unref();
      call.once("close", () => {
        clearTimeout(longest);
        over();
      });
    } catch (error) {
      refuse(error);
      return;
    }
    call.on("data", (request: ReflectionRequest | DomainError) => {
      try {
        if (request instanceof DomainError) throw request;
        limits.ask(peer);
      } catch (error) {
        refuse(error);
        return;
      }
      if (!call.write({ validHost: "", originalRequest: request, ...answer(request) })) {
        // An answer is hundreds of times as long as its question: nobody may leave them unread and ask on.
        call.pause();
      }
    });
    call.on("drain", () => call.resume());
    call.on("end", () => call.end());
  };
  const definition = loadSync("grpc/reflection/v1/reflection.proto", {
    includeDirs: [PROTO_ROOT],
    defaults: false,
    oneofs: true,
  });
  const service = shortRequests(tolerant(definition[NAME] as ServiceDefinition));
  const method = service["ServerReflectionInfo"] as ServiceDefinition[string];
  const alpha = { ...method, path: `/${ALPHA_NAME}/ServerReflectionInfo` };
  return {
    services: [service, { ServerReflectionInfo: alpha } as ServiceDefinition],
    implementation: { ServerReflectionInfo: handle },
  };
}

function failure(errorMessage: string): object {
  return { errorResponse: { errorCode: status.NOT_FOUND, errorMessage } };
}

/** The file asked for first, then everything it imports. */
function withImports(files: ReadonlyMap<string, SourceFile>, name: string): Buffer[] {
  const names = new Set([name]);
  for (const found of names) for (const imported of files.get(found)?.imports ?? []) names.add(imported);
  return [...names].flatMap((found) => files.get(found)?.bytes ?? []);
}

interface MessageNames {
  readonly name: string;
  readonly nestedType: readonly MessageNames[];
  readonly enumType: readonly { readonly name: string }[];
  readonly field: readonly { readonly name: string }[];
}

interface FileNames {
  readonly name: string;
  readonly package: string;
  readonly dependency: readonly string[];
  readonly messageType: readonly MessageNames[];
  readonly enumType: readonly { readonly name: string }[];
  readonly service: readonly {
    readonly name: string;
    readonly method: readonly { readonly name: string }[];
  }[];
}

function readDescriptors(): { files: Map<string, SourceFile>; symbols: Map<string, string> } {
  const files = new Map<string, SourceFile>();
  const symbols = new Map<string, string>();
  const reader = protobuf.Reader.create(readFileSync(DESCRIPTORS_FILE));
  // A FileDescriptorSet is `repeated FileDescriptorProto file = 1`: each file's bytes are passed on as they are.
  while (reader.pos < reader.len) {
    reader.uint32();
    const bytes = Buffer.from(reader.bytes());
    const file = descriptor.FileDescriptorProto.decode(bytes) as unknown as FileNames;
    files.set(file.name, { bytes, imports: file.dependency });
    const add = (symbol: string): unknown => symbols.set(symbol, file.name);
    const addMessage = (scope: string, message: MessageNames): void => {
      const name = `${scope}.${message.name}`;
      add(name);
      for (const field of message.field) add(`${name}.${field.name}`);
      for (const nested of message.nestedType) addMessage(name, nested);
      for (const nested of message.enumType) add(`${name}.${nested.name}`);
    };
    for (const message of file.messageType) addMessage(file.package, message);
    for (const one of file.enumType) add(`${file.package}.${one.name}`);
    for (const service of file.service) {
      add(`${file.package}.${service.name}`);
      for (const method of service.method) add(`${file.package}.${service.name}.${method.name}`);
    }
  }
  return { files, symbols };
}
