import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import type { Actor } from "../../domain/actors.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { LoadModelRequest__Output } from "../../proto/gen/paysecure/admin/v1/LoadModelRequest.ts";
import type { ModelState as ModelStateWire } from "../../proto/gen/paysecure/admin/v1/ModelState.ts";
import type { PromoteModelRequest__Output } from "../../proto/gen/paysecure/admin/v1/PromoteModelRequest.ts";
import type { RollBackRequest__Output } from "../../proto/gen/paysecure/admin/v1/RollBackRequest.ts";
import type { SetChallengerRequest__Output } from "../../proto/gen/paysecure/admin/v1/SetChallengerRequest.ts";
import type { SetShadowsRequest__Output } from "../../proto/gen/paysecure/admin/v1/SetShadowsRequest.ts";
import { toGrpcStatus } from "../contract/status.ts";
import type { Guard } from "../handlers/guard.ts";
import type { Method } from "../security/method-rights.ts";
import type { ModelAdministration, ModelState } from "./model-administration.ts";

export const ADMIN_SERVICE = "paysecure.admin.v1.AdminService";

const MAX_REASON = 500;

/** AdminService's handlers: transport only. */
export function adminHandlers(
  guard: Guard,
  administration: ModelAdministration,
): UntypedServiceImplementation {
  const unary = <Request>(
    method: Method,
    run: (request: Request, by: Actor) => Promise<object>,
  ): UntypedServiceImplementation[string] =>
    guard.unary<Request, object>(method, (call, callback, caller) => {
      Promise.resolve()
        .then(() => run(call.request, { kind: "api_key", id: caller.id, name: caller.name }))
        .then(
          (answer) => callback(null, answer),
          (error: unknown) => callback(toGrpcStatus(error)),
        );
    });
  const state = async (id: string): Promise<ModelStateWire> => toWire(await administration.state(id));

  return {
    ListModels: unary("ListModels", async () => ({ models: (await administration.list()).map(toWire) })),
    LoadModel: unary<LoadModelRequest__Output>("LoadModel", async ({ model }, by) => ({
      model: await state(await administration.load(by, model)),
    })),
    PromoteModel: unary<PromoteModelRequest__Output>("PromoteModel", async ({ model, reason }, by) => {
      const { previous, champion } = await administration.promote(by, model, checked(reason));
      return { previous, champion: await state(champion) };
    }),
    RollBack: unary<RollBackRequest__Output>("RollBack", async ({ reason }, by) => {
      const { previous, champion } = await administration.rollBack(by, checked(reason));
      return { previous, champion: await state(champion) };
    }),
    SetChallenger: unary<SetChallengerRequest__Output>(
      "SetChallenger",
      async ({ model, share, reason }, by) => {
        const challenger = await administration.setChallenger(by, model, share, checked(reason));
        return { challenger: challenger === "" ? null : await state(challenger) };
      },
    ),
    SetShadows: unary<SetShadowsRequest__Output>("SetShadows", async ({ models, reason }, by) => {
      const shadows = await administration.setShadows(by, models, checked(reason));
      return { shadows: await Promise.all(shadows.map(state)) };
    }),
  };
}

function checked(reason: string): string {
  if (reason.length > MAX_REASON) {
    throw DomainError.invalid([{ field: "reason", description: `must be at most ${MAX_REASON} characters` }]);
  }
  return reason;
}

function toWire({ trainedAt, aliases, ...state }: ModelState): ModelStateWire {
  const at = trainedAt?.getTime();
  return {
    ...state,
    aliases: [...aliases],
    trainedAt: at === undefined ? null : { seconds: Math.floor(at / 1_000), nanos: (at % 1_000) * 1_000_000 },
  };
}
