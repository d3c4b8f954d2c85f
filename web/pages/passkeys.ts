import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import { Hono } from "hono";
import { z } from "zod";
import { addPasskey, removePasskey, usePasskey } from "../../pipeline/accounts/passkeys.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { readBody } from "../api/body.ts";
import { currentPerson, requireFresh, requirePerson } from "../auth/guard.ts";
import { limitByAddress } from "../auth/limit-by-address.ts";
import { nextPath } from "../auth/next-path.ts";
import { checkNewPasskey, newPasskeyOptions, passkeyOptions, provePasskey } from "../auth/passkeys.ts";
import { beginSession, confirmSession } from "../auth/start-session.ts";
import type { AppEnv, Deps } from "../context.ts";
import { readForm } from "./form.ts";

const LONGEST = 20_000;
const base64url = z
  .string()
  .max(LONGEST)
  .regex(/^[\w-]*$/, "must be base64url");

/** What browsers send of a credential (Web Authentication level 3, 5.1), the parts that are read here. */
const credential = <R extends z.ZodRawShape>(response: R) =>
  z.object({
    id: base64url.min(1),
    rawId: base64url.min(1),
    type: z.literal("public-key"),
    authenticatorAttachment: z.string().max(64).nullish(),
    clientExtensionResults: z.record(z.string().max(64), z.unknown()).default({}),
    response: z.object(response),
  });

const assertion = credential({
  clientDataJSON: base64url,
  authenticatorData: base64url,
  signature: base64url,
  userHandle: base64url.nullish(),
});

const attestation = credential({
  clientDataJSON: base64url,
  attestationObject: base64url,
  transports: z.array(z.string().max(32)).max(10).optional(),
});

const signInBody = z.object({ credential: assertion, next: z.string().optional() });
const registerBody = z.object({ credential: attestation, name: z.string().trim().max(60) });
const removeForm = z.object({ id: base64url.min(1) });

/** Passkeys: signing in with one, saying again who it is, adding and removing one's own. assets/passkeys.js calls them. */
export function passkeyRoutes(deps: Deps): Hono<AppEnv> {
  // Each challenge is kept for five minutes; a whole office may come by one address.
  const limit = limitByAddress(deps, { name: "passkeys", points: 60, seconds: 10 });
  return new Hono<AppEnv>()
    .post("/sign-in/passkey/options", limit, async (c) => c.json(await passkeyOptions(c, deps)))
    .post("/sign-in/passkey", limit, async (c) => {
      const { credential: answer, next } = await readBody(c, signInBody);
      const proved = await provePasskey(c, deps, answer as AuthenticationResponseJSON);
      await beginSession(c, deps, proved.userId, "passkey", (trx) =>
        usePasskey(trx, proved.credentialId, proved.newCounter),
      );
      return c.json({ next: nextPath(next) });
    })
    .post("/account/confirm/passkey", requirePerson, async (c) => {
      const { session } = currentPerson(c);
      const { credential: answer, next } = await readBody(c, signInBody);
      const proved = await provePasskey(c, deps, answer as AuthenticationResponseJSON);
      if (proved.userId !== session.userId)
        throw new DomainError("permission_denied", "this passkey is somebody else's");
      await confirmSession(c, deps, session, (trx) =>
        usePasskey(trx, proved.credentialId, proved.newCounter),
      );
      return c.json({ next: nextPath(next) });
    })
    .post("/account/passkeys/options", requirePerson, async (c) => {
      requireFresh(c);
      const { session, name } = currentPerson(c);
      return c.json(await newPasskeyOptions(c, deps, { userId: session.userId, name }));
    })
    .post("/account/passkeys", requirePerson, async (c) => {
      requireFresh(c);
      const { session, actor } = currentPerson(c);
      const { credential: made, name } = await readBody(c, registerBody);
      const passkey = await checkNewPasskey(
        c,
        deps,
        name || "A device",
        made as unknown as RegistrationResponseJSON,
      );
      await addPasskey(deps.db, { userId: session.userId, actor }, passkey);
      return c.json({ next: "/account" });
    })
    .post("/account/passkeys/remove", requirePerson, async (c) => {
      requireFresh(c);
      const { session, actor } = currentPerson(c);
      const { id } = await readForm(c, removeForm);
      await removePasskey(deps.db, { userId: session.userId, actor }, id);
      return c.redirect("/account", 303);
    });
}
