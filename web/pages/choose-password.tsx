import { Hono } from "hono";
import { z } from "zod";
import { ROLE_NAMES } from "../../domain/rights.ts";
import { readAccount } from "../../pipeline/accounts/account.ts";
import {
  acceptInvitation,
  createResetByMail,
  type Invited,
  readInvitation,
} from "../../pipeline/accounts/invitations.ts";
import { checkNewPassword } from "../../pipeline/accounts/password-rules.ts";
import { type DomainError, messageOf } from "../../platform/process/errors.ts";
import { callerAddress } from "../auth/caller-address.ts";
import { continueSignIn } from "../auth/continue-sign-in.ts";
import { limitLinks } from "../auth/limit-by-address.ts";
import { Field, NewPassword, Refused } from "../components/form.tsx";
import { LonePage } from "../components/layout.tsx";
import { viewOf } from "../components/view.ts";
import { publicUrl } from "../config.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { orSayWhy, readForm, sameTwice } from "./form.ts";
import { resetLetter, tellOfChange } from "./letters.ts";

const passwordForm = z.object({
  password: z.string("choose a password"),
  again: z.string("type the password again"),
});
const forgotForm = z.object({ email: z.string("type your e-mail address").max(254, "is too long") });

/** `/sign-in/join/:token`: a link of an invitation or a reset; `/sign-in/forgot`: a reset by mail. */
export function choosePasswordRoutes(deps: Deps): Hono<AppEnv> {
  const limit = limitLinks(deps);

  const byMail = deps.mailer !== null && deps.config.PASSWORD_SIGN_IN;

  const show = (c: AppContext, invited: Invited, refused?: DomainError): Response | Promise<Response> =>
    c.html(
      <LonePage title="Choose a password" view={viewOf(c)}>
        <h1>{invited.purpose === "invite" ? "Welcome to PaySecure" : "Choose a new password"}</h1>
        <p class="soft">
          {invited.purpose === "invite" ? "You are invited as " : "For "}
          <strong>{invited.name}</strong> ({ROLE_NAMES[invited.role]}). This is the name you sign in with.
        </p>
        <form
          method="post"
          action={`/sign-in/join/${encodeURIComponent(c.req.param("token") ?? "")}`}
          class="form"
        >
          <Refused refused={refused} />
          <input type="hidden" name="username" autocomplete="username" value={invited.name} />
          <NewPassword refused={refused} />
          <button type="submit" class="button primary large wide">
            Set the password
          </button>
        </form>
      </LonePage>,
    );

  const over = (c: AppContext): Response | Promise<Response> =>
    c.html(
      <LonePage title="This link is not valid" view={viewOf(c)}>
        <h1>This link is not valid</h1>
        <p>It was used, has expired, or was cut off when it was copied. Ask for a new one.</p>
        <p>
          <a class="button" href="/sign-in">
            To the sign-in page
          </a>
        </p>
      </LonePage>,
      410,
    );

  const forgot = (c: AppContext, refused?: DomainError): Response | Promise<Response> =>
    c.html(
      <LonePage title="Forgot password" view={viewOf(c)}>
        <h1>Forgot your password?</h1>
        <p class="soft">A link to choose a new one is sent to your e-mail address.</p>
        <form method="post" action="/sign-in/forgot" class="form">
          <Refused refused={refused} />
          <Field
            label="E-mail address"
            name="email"
            type="email"
            autocomplete="email"
            maxlength={254}
            required
            autofocus
            refused={refused}
          />
          <button type="submit" class="button primary large wide">
            Send the link
          </button>
        </form>
        <p class="soft small">
          <a href="/sign-in">Back to the sign-in page</a>
        </p>
      </LonePage>,
    );

  /** In its own time: neither the answer nor when it comes says whether the address is known. */
  const sendReset = async (email: string, address: string): Promise<void> => {
    try {
      const reset = await createResetByMail(deps.db, email, address);
      if (!reset) return;
      const link = `${publicUrl(deps.config)}/sign-in/join/${reset.token}`;
      deps.mailer?.post({ to: email, ...resetLetter(reset.name, link) });
    } catch (error) {
      deps.logger.warn({ err: messageOf(error) }, "a reset by mail could not be made");
    }
  };

  return new Hono<AppEnv>()
    .get("/sign-in/forgot", (c) => (byMail ? forgot(c) : c.redirect("/sign-in", 303)))
    .post("/sign-in/forgot", async (c) => {
      if (!byMail) return c.redirect("/sign-in", 303);
      const { email } = await readForm(c, forgotForm);
      const address = callerAddress(c, deps.config);
      const work = async (): Promise<Response> => {
        await deps.attempts.begin({ account: `forgot ${email.toLowerCase()}`, address });
        void sendReset(email, address);
        return await c.html(
          <LonePage title="Look into your mail" view={viewOf(c)}>
            <h1>Look into your mail</h1>
            <p>
              If an account has this address, a link is on its way to it. It works for 30 minutes, once. Look
              into the spam folder, too.
            </p>
            <p>
              <a class="button" href="/sign-in">
                To the sign-in page
              </a>
            </p>
          </LonePage>,
        );
      };
      return await orSayWhy(work, (refused) => forgot(c, refused));
    })
    .get("/sign-in/join/:token", limit, async (c) => {
      const invited = await readInvitation(deps.db, c.req.param("token"));
      return invited ? await show(c, invited) : await over(c);
    })
    .post("/sign-in/join/:token", limit, async (c) => {
      const token = c.req.param("token");
      const invited = await readInvitation(deps.db, token);
      if (!invited) return await over(c);
      const form = await readForm(c, passwordForm);
      const work = async (): Promise<Response> => {
        sameTwice(form);
        await checkNewPassword(form.password, invited, deps.config.BREACHED_PASSWORDS_FILE);
        const hash = await deps.passwords.hash(form.password);
        const userId = await acceptInvitation(deps.db, token, hash, callerAddress(c, deps.config));
        const account = await readAccount(deps.db, userId);
        if (invited.purpose === "reset") tellOfChange(deps, account, "password");
        const next = invited.purpose === "invite" ? "/account/second-factor?first=1" : "/";
        return await continueSignIn(c, deps, account, { method: "link", next });
      };
      return await orSayWhy(work, (refused) => show(c, invited, refused));
    });
}
