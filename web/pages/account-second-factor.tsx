import { Hono } from "hono";
import { z } from "zod";
import { readAccount } from "../../pipeline/accounts/account.ts";
import { renewRecoveryCodes, setSecondFactor } from "../../pipeline/accounts/second-factor.ts";
import { removeSecondFactor } from "../../pipeline/accounts/team.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { callerAddress } from "../auth/caller-address.ts";
import { demandsSecondFactor } from "../auth/continue-sign-in.ts";
import { currentPerson, requireFresh, requirePerson } from "../auth/guard.ts";
import { type Offer, offerSecondFactor, openOffer } from "../auth/second-factor-offer.ts";
import { Refused } from "../components/form.tsx";
import { LonePage } from "../components/layout.tsx";
import { RecoveryCodes, SetUpSecondFactor } from "../components/second-factor.tsx";
import { viewOf } from "../components/view.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { orSayWhy, readForm } from "./form.ts";
import { tellOfChange } from "./letters.ts";

const setUpForm = z.object({
  code: z.string("type the code").max(100, "is too long"),
  secret: z.string("begin again").max(1_000),
});

/** `/account/second-factor`: set up, changed and taken away by its owner; recovery codes. */
export function accountSecondFactorRoutes(deps: Deps): Hono<AppEnv> {
  const newOffer = (c: AppContext): Offer => {
    const { name, session } = currentPerson(c);
    return offerSecondFactor(deps, session.userId, name);
  };

  const show = (c: AppContext, offer: Offer, refused?: DomainError): Response | Promise<Response> => {
    const first = c.req.query("first") === "1";
    return c.html(
      <LonePage title="Second step" view={viewOf(c)}>
        <h1>Set up a second step</h1>
        <p class="soft">With it a stolen password lets nobody in. It takes a minute.</p>
        <Refused refused={refused} />
        <SetUpSecondFactor
          action={`/account/second-factor${first ? "?first=1" : ""}`}
          {...offer}
          refused={refused}
        />
        <p class="soft small">
          {first ? <a href="/">Not now, go to the dashboard</a> : <a href="/account">Back to your account</a>}
        </p>
      </LonePage>,
    );
  };

  const showCodes = (c: AppContext, codes: readonly string[], next: string): Response | Promise<Response> =>
    c.html(
      <LonePage title="Recovery codes" view={viewOf(c)}>
        <h1>Recovery codes</h1>
        <RecoveryCodes codes={codes} next={next} />
      </LonePage>,
    );

  const addressOf = (c: AppContext): string => callerAddress(c, deps.config);

  const tell = async (c: AppContext, change: Parameters<typeof tellOfChange>[2]): Promise<void> =>
    tellOfChange(deps, await readAccount(deps.db, currentPerson(c).session.userId), change);

  return new Hono<AppEnv>()
    .get("/account/second-factor", requirePerson, (c) => {
      requireFresh(c);
      return show(c, newOffer(c));
    })
    .post("/account/second-factor", requirePerson, async (c) => {
      requireFresh(c);
      const { name, session } = currentPerson(c);
      const { code, secret } = await readForm(c, setUpForm);
      const work = async (): Promise<Response> => {
        const { offer } = openOffer(deps, session.userId, name, secret);
        const codes = await setSecondFactor(deps.db, deps.secrets, session.userId, {
          secret: offer.secret,
          code,
          address: addressOf(c),
        });
        await tell(c, "secondFactorSet");
        return await showCodes(c, codes, c.req.query("first") === "1" ? "/" : "/account");
      };
      return await orSayWhy(work, (refused) =>
        show(
          c,
          refused.code === "conflict" ? newOffer(c) : openOffer(deps, session.userId, name, secret),
          refused,
        ),
      );
    })
    .post("/account/second-factor/remove", requirePerson, async (c) => {
      requireFresh(c);
      const { actor, role, session } = currentPerson(c);
      if (role !== null && demandsSecondFactor(deps.config, role)) {
        throw new DomainError(
          "permission_denied",
          "a second step is required here; set it up with another app instead",
        );
      }
      await removeSecondFactor(deps.db, session.userId, {
        actor,
        address: addressOf(c),
        keepSession: session.id,
      });
      await tell(c, "secondFactorRemoved");
      return c.redirect("/account", 303);
    })
    .post("/account/recovery-codes", requirePerson, async (c) => {
      requireFresh(c);
      const codes = await renewRecoveryCodes(deps.db, currentPerson(c).session.userId, addressOf(c));
      await tell(c, "recoveryCodes");
      return await showCodes(c, codes, "/account");
    });
}
