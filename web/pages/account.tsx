import { Hono } from "hono";
import type { FC } from "hono/jsx";
import { z } from "zod";
import { ROLE_NAMES } from "../../domain/rights.ts";
import { type Account, hasSecondFactor, readAccount } from "../../pipeline/accounts/account.ts";
import { listPasskeys } from "../../pipeline/accounts/passkeys.ts";
import { checkPassword, setPassword } from "../../pipeline/accounts/password.ts";
import { checkNewPassword } from "../../pipeline/accounts/password-rules.ts";
import { changeProfile } from "../../pipeline/accounts/profile.ts";
import { listSessions, revokeSessions } from "../../pipeline/accounts/session-list.ts";
import { listIdentities } from "../../pipeline/accounts/single-sign-on.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { callerAddress } from "../auth/caller-address.ts";
import { currentPerson, mayDo, requireFresh, requirePerson } from "../auth/guard.ts";
import { knownDevice } from "../auth/known-device.ts";
import { clearSessionCookie } from "../auth/session-cookie.ts";
import { Field, NewPassword, Refused } from "../components/form.tsx";
import { ADMIN_PLACES, Page } from "../components/layout.tsx";
import { Passkeys } from "../components/passkeys.tsx";
import { AdminWithoutSecondStep } from "../components/second-factor.tsx";
import { Sessions } from "../components/sessions.tsx";
import { SingleSignOn } from "../components/single-sign-on.tsx";
import { type View, viewOf } from "../components/view.ts";
import { When } from "../components/when.tsx";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { numberIn, orSayWhy, readForm, sameTwice } from "./form.ts";
import { tellOfChange } from "./letters.ts";

const profileForm = z.object({
  display_name: z.string().max(200),
  email: z.string().max(254, "is too long"),
});
const passwordForm = z.object({
  current: z.string().optional(),
  password: z.string("choose a password"),
  again: z.string("type the password again"),
});

/** What was refused, on which of the page's forms. */
interface RefusedForm {
  readonly form: "profile" | "password";
  readonly refused: DomainError;
  readonly typed?: z.output<typeof profileForm>;
}

/** `/account`: one's own name, password, second step and sessions. */
export function accountRoutes(deps: Deps): Hono<AppEnv> {
  const show = async (c: AppContext, refusal?: RefusedForm): Promise<Response> => {
    const { session } = currentPerson(c);
    const [account, sessions, passkeys, identities, snapshot] = await Promise.all([
      readAccount(deps.db, session.userId),
      listSessions(deps.db, session.userId),
      listPasskeys(deps.db, session.userId),
      listIdentities(deps.db, session.userId),
      deps.feed.recent(),
    ]);
    const view = viewOf(c);
    return c.html(
      <Page
        title="Your account"
        scripts={["passkeys.js"]}
        heading="Your account"
        sub={`${account.name}, ${ROLE_NAMES[account.role]}`}
        view={view}
        reviews={snapshot.stats.reviews}
      >
        <div class="settings">
          <Administration view={view} />
          {account.role === "admin" && account.password_hash !== null && !hasSecondFactor(account) && (
            <AdminWithoutSecondStep />
          )}
          <Profile account={account} refusal={refusal} />
          {deps.config.PASSWORD_SIGN_IN && <Password account={account} view={view} refusal={refusal} />}
          <SecondStep account={account} view={view} />
          <Passkeys passkeys={passkeys} view={view} />
          {deps.sso && <SingleSignOn sso={deps.sso} identities={identities} view={view} />}
          <section class="panel" aria-labelledby="sessions">
            <div class="panel-head">
              <h2 id="sessions">Sessions</h2>
              <div class="form-actions">
                {sessions.length > 1 && (
                  <form method="post" action="/account/sessions/revoke">
                    <button type="submit" class="button">
                      End all others
                    </button>
                  </form>
                )}
                <form method="post" action="/account/sign-out-everywhere">
                  <button type="submit" class="button">
                    Sign out everywhere
                  </button>
                </form>
              </div>
            </div>
            <Sessions sessions={sessions} own={session.id} action="/account/sessions" view={view} />
          </section>
        </div>
      </Page>,
    );
  };

  const by = (c: AppContext) => ({
    actor: currentPerson(c).actor,
    address: callerAddress(c, deps.config),
  });

  return new Hono<AppEnv>()
    .get("/account", requirePerson, (c) => show(c))
    .post("/account/profile", requirePerson, async (c) => {
      // A letter to the address opens the account.
      requireFresh(c);
      const typed = await readForm(c, profileForm);
      const work = async (): Promise<Response> => {
        const profile = { displayName: typed.display_name, email: typed.email };
        const before = await readAccount(deps.db, currentPerson(c).session.userId);
        await changeProfile(deps.db, before.user_id, profile, by(c));
        const after = await readAccount(deps.db, before.user_id);
        if (before.email !== after.email) tellOfChange(deps, before, "email");
        return c.redirect("/account", 303);
      };
      return await orSayWhy(work, (refused) => show(c, { form: "profile", refused, typed }));
    })
    .post("/account/password", requirePerson, async (c) => {
      const { session } = currentPerson(c);
      const form = await readForm(c, passwordForm);
      const work = async (): Promise<Response> => {
        const account = await readAccount(deps.db, session.userId);
        const address = callerAddress(c, deps.config);
        sameTwice(form);
        if (account.password_hash === null) requireFresh(c);
        else await checkCurrent(c, account.name, form.current ?? "", address);
        const owner = { name: account.name, displayName: account.display_name, email: account.email };
        await checkNewPassword(form.password, owner, deps.config.BREACHED_PASSWORDS_FILE);
        const hash = await deps.passwords.hash(form.password);
        await deps.db
          .transaction()
          .execute((trx) => setPassword(trx, session.userId, hash, { ...by(c), keepSession: session.id }));
        tellOfChange(deps, account, "password");
        return c.redirect("/account", 303);
      };
      return await orSayWhy(work, (refused) => show(c, { form: "password", refused }));
    })
    .post("/account/sessions/:id/revoke", requirePerson, async (c) => {
      const only = numberIn(c, "id", "session");
      await revokeSessions(deps.db, currentPerson(c).session.userId, { only }, by(c));
      return c.redirect("/account", 303);
    })
    .post("/account/sessions/revoke", requirePerson, async (c) => {
      const { session } = currentPerson(c);
      await revokeSessions(deps.db, session.userId, { allBut: session.id }, by(c));
      return c.redirect("/account", 303);
    })
    .post("/account/sign-out-everywhere", requirePerson, async (c) => {
      await revokeSessions(deps.db, currentPerson(c).session.userId, { allBut: undefined }, by(c));
      clearSessionCookie(c, deps.config);
      return c.redirect("/sign-in", 303);
    });

  /** @throws DomainError `invalid_argument` at `current` */
  async function checkCurrent(
    c: AppContext,
    typed: string,
    password: string,
    address: string,
  ): Promise<void> {
    try {
      await checkPassword(deps, {
        typed,
        password,
        address,
        deviceFor: (userId) => knownDevice(c, deps, userId),
      });
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== "unauthenticated") throw error;
      throw DomainError.invalid([{ field: "current", description: "is not your password" }]);
    }
  }
}

/** On a phone the rail has no room for these. */
const Administration: FC<{ view: View }> = ({ view }) => {
  const places = ADMIN_PLACES.filter(({ right }) => mayDo(view.user, right));
  return places.length === 0 ? null : (
    <nav class="admin-links" aria-label="Administration">
      {places.map(({ href, name, Icon }) => (
        <a class="button" href={href}>
          <Icon />
          {name}
        </a>
      ))}
    </nav>
  );
};

const Profile: FC<{ account: Account; refusal: RefusedForm | undefined }> = ({ account, refusal }) => {
  const mine = refusal?.form === "profile" ? refusal : undefined;
  return (
    <section class="panel" aria-labelledby="profile">
      <div class="panel-head">
        <h2 id="profile">Profile</h2>
      </div>
      <form method="post" action="/account/profile" class="panel-body form columns">
        <Refused refused={mine?.refused} />
        <Field
          label="Shown name"
          name="display_name"
          autocomplete="name"
          value={mine?.typed?.display_name ?? account.display_name}
          maxlength={100}
          refused={mine?.refused}
        />
        <Field
          label="E-mail address"
          name="email"
          type="email"
          autocomplete="email"
          value={mine?.typed?.email ?? account.email}
          maxlength={254}
          refused={mine?.refused}
        />
        <div class="form-actions">
          <button type="submit" class="button primary">
            Save
          </button>
        </div>
      </form>
    </section>
  );
};

const Password: FC<{ account: Account; view: View; refusal: RefusedForm | undefined }> = ({
  account,
  view,
  refusal,
}) => {
  const refused = refusal?.form === "password" ? refusal.refused : undefined;
  return (
    <section class="panel" aria-labelledby="password-head">
      <div class="panel-head">
        <h2 id="password-head">Password</h2>
        <span class="sub">
          {account.password_set_at ? (
            <>
              set <When at={account.password_set_at} view={view} style="short" />
            </>
          ) : (
            "none yet"
          )}
        </span>
      </div>
      <form method="post" action="/account/password" class="panel-body form columns">
        <Refused refused={refused} />
        <input type="hidden" name="username" autocomplete="username" value={account.name} />
        {account.password_hash !== null && (
          <div class="whole">
            <Field
              label="Current password"
              name="current"
              type="password"
              autocomplete="current-password"
              required
              refused={refused}
            />
          </div>
        )}
        <NewPassword label="New password" refused={refused} />
        <div class="form-actions">
          <button type="submit" class="button primary">
            Change the password
          </button>
          <span class="soft small">Every other session ends.</span>
        </div>
      </form>
    </section>
  );
};

const SecondStep: FC<{ account: Account; view: View }> = ({ account, view }) => (
  <section class="panel" aria-labelledby="second-step">
    <div class="panel-head">
      <h2 id="second-step">Second step</h2>
      <span class="sub">
        {account.totp_confirmed_at ? (
          <>
            on since <When at={account.totp_confirmed_at} view={view} style="short" />
          </>
        ) : (
          "off"
        )}
      </span>
    </div>
    <div class="panel-body form">
      {hasSecondFactor(account) ? (
        <>
          <p>
            A code of your authenticator app is asked for at each sign-in.{" "}
            {account.recovery_code_hashes?.length ?? 0} recovery codes are left.
          </p>
          <div class="form-actions">
            <form method="post" action="/account/recovery-codes">
              <button type="submit" class="button">
                New recovery codes
              </button>
            </form>
            <a class="button" href="/account/second-factor">
              Use another app
            </a>
            <form method="post" action="/account/second-factor/remove">
              <button type="submit" class="button">
                Turn off
              </button>
            </form>
          </div>
        </>
      ) : (
        <>
          <p>
            With a second step a stolen password lets nobody in: a code of an authenticator app is asked for,
            too.
          </p>
          <div class="form-actions">
            <a class="button primary" href="/account/second-factor">
              Set up
            </a>
          </div>
        </>
      )}
    </div>
  </section>
);
