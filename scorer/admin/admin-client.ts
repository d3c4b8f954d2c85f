import { type ChannelCredentials, credentials, Metadata } from "@grpc/grpc-js";
import { contractTypes, loadContract } from "../../proto/loader.ts";

/** What AdminService offers. */
export type AdminMethod =
  | "ListModels"
  | "LoadModel"
  | "PromoteModel"
  | "RollBack"
  | "SetChallenger"
  | "SetShadows";

/** A small client of AdminService, for operators' tools and tests. */
export interface AdminClient {
  /** Calls a method with a request as the contract has it. @throws the ServiceError of grpc-js */
  call(method: AdminMethod, request: object): Promise<object>;
  close(): void;
}

const DEADLINE_MS = 60_000;

/** @param apiKey a key with the scope "admin" */
export function openAdmin(
  address: string,
  apiKey?: string,
  channel: ChannelCredentials = credentials.createInsecure(),
): AdminClient {
  const { AdminService } = contractTypes(loadContract()).paysecure.admin.v1;
  const client = new AdminService(address, channel);
  return {
    call(method, request) {
      const { path, requestSerialize, responseDeserialize } = AdminService.service[method];
      const metadata = new Metadata();
      if (apiKey !== undefined) metadata.set("authorization", `Bearer ${apiKey}`);
      return new Promise<object>((resolve, reject) => {
        client.makeUnaryRequest(
          path,
          requestSerialize as (value: object) => Buffer,
          responseDeserialize as (bytes: Buffer) => object,
          request,
          metadata,
          { deadline: Date.now() + DEADLINE_MS },
          (error, answer) => (error ? reject(error) : resolve(answer as object)),
        );
      });
    },
    close: () => client.close(),
  };
}
