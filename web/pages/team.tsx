import { Hono } from "hono";
import type { FC } from "hono/jsx";
import { z } from "zod";
import { ROLE_NAMES, ROLES, type Role } from "../../domain/rights.ts";
import { listProposals, type Proposal, type RoleProposal } from "../../pipeline/accounts/approvals.ts";
import { emailAddress } from "../../pipeline/accounts/names.ts";
import { decideProposal, invite, listTeam, type Member } from "../../pipeline/accounts/team.ts";
import type { DomainError } from "../../platform/process/errors.ts";
import { callerAddress } from "../auth/caller-address.ts";
import { currentPerson, requireRight } from "../auth/guard.ts";
import { Field, Refused } from "../components/form.tsx";
import { Page } from "../components/layout.tsx";
import { Proposals } from "../components/proposals.tsx";
import { AdminWithoutSecondStep } from "../components/second-factor.tsx";
import { RoleChoice, ShownLink } from "../components/team.tsx";
import { type View, viewOf } from "../components/view.ts";
import { When } from "../components/when.tsx";
import { publicUrl } from "../config.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { numberIn, orSayWhy, readForm } from "./form.ts";
import { invitationLetter } from "./letters.ts";

const inviteForm = z.object({
  name: z.string("type a name").max(64, "may have at most 64 characters"),
  email: z.string().max(254, "is too long").default(""),
  role: z.enum(ROLES, "choose a role"),
});

type Invitation = z.output<typeof inviteForm>;

/** What the page shows beside the list. */
interface Shown {
  readonly refused?: DomainError;
  readonly typed?: Invitation;
  /** The link of somebody who was just invited. */
  readonly invited?: {
    readonly name: string;
    readonly link: string;
    readonly sent: boolean;
    readonly waits: boolean;
  };
}

/** `/team`: everybody with an account, what waits for a second admin, and inviting somebody. */
export function teamRoutes(deps: Deps): Hono<AppEnv> {
  const show = async (c: AppContext, shown: Shown = {}): Promise<Response> => {
    const [team, waiting, snapshot] = await Promise.all([
      listTeam(deps.db),
      listProposals(deps.db, "accounts.make_admin"),
      deps.feed.recent(),
    ]);
    const view = viewOf(c);
    const { userId } = currentPerson(c).session;
    const unproved = team.some((member) => member.userId === userId && !member.hasSecondFactor);
    const active = team.filter(({ disabledAt }) => disabledAt === null).length;
    return c.html(
      <Page
        title="Team"
        heading="Team"
        sub={`${active} ${active === 1 ? "person" : "people"} may sign in`}
        view={view}
        reviews={snapshot.stats.reviews}
      >
        {unproved && <AdminWithoutSecondStep />}
        {shown.invited && <Invited {...shown.invited} />}
        {waiting.length > 0 && <Waiting proposals={waiting} view={view} />}
        <div class="team-columns">
          <People team={team} view={view} />
          <Invite {...shown} hasMail={deps.mailer !== null} />
        </div>
      </Page>,
    );
  };

  const by = (c: AppContext) => ({ actor: currentPerson(c).actor, address: callerAddress(c, deps.config) });

  return new Hono<AppEnv>()
    .get("/team", requireRight("accounts.manage"), (c) => show(c))
    .post("/team/invite", requireRight("accounts.manage"), async (c) => {
      const form = await readForm(c, inviteForm);
      const work = async (): Promise<Response> => {
        const { token, role } = await invite(deps.db, form, by(c));
        const link = `${publicUrl(deps.config)}/sign-in/join/${token}`;
        const email = emailAddress(form.email);
        if (email !== null) deps.mailer?.post({ to: email, ...invitationLetter(form.name.trim(), link) });
        const sent = deps.mailer !== null && email !== null;
        return await show(c, { invited: { name: form.name.trim(), link, sent, waits: role === "waits" } });
      };
      return await orSayWhy(work, (refused) => show(c, { refused, typed: form }));
    })
    .post("/team/proposals/:id/approve", requireRight("accounts.make_admin"), async (c) => {
      await decideProposal(deps.db, numberIn(c, "id", "proposal"), true, by(c));
      return c.redirect("/team", 303);
    })
    .post("/team/proposals/:id/refuse", requireRight("accounts.make_admin"), async (c) => {
      await decideProposal(deps.db, numberIn(c, "id", "proposal"), false, by(c));
      return c.redirect("/team", 303);
    });
}

const Invited: FC<NonNullable<Shown["invited"]>> = ({ name, link, sent, waits }) => (
  <section class="panel" aria-labelledby="invited">
    <div class="panel-head">
      <h2 id="invited">{name} is invited</h2>
    </div>
    <div class="panel-body form">
      <p>
        {sent
          ? "The link is on its way by mail. You may also hand it over yourself: "
          : "Hand this link over: "}
        whoever opens it chooses the password. It works once, for three days, and is not shown again.
      </p>
      <ShownLink link={link} />
      {waits && <p>Until a second admin agrees, {name} is a viewer.</p>}
    </div>
  </section>
);

const Waiting: FC<{ proposals: readonly Proposal[]; view: View }> = ({ proposals, view }) => (
  <Proposals
    title="Waits for a second admin"
    proposals={proposals}
    view={view}
    at="/team/proposals"
    agree="Agree"
    mayAnswer
    what={({ detail }) => {
      const { user_id, name, before } = detail as unknown as RoleProposal;
      return (
        <>
          <a class="strong" href={`/team/${user_id}`}>
            {name}
          </a>{" "}
          {before === "disabled"
            ? "is to be let in again as admin"
            : `is to be admin instead of ${ROLE_NAMES[before]}`}
        </>
      );
    }}
  />
);

const People: FC<{ team: readonly Member[]; view: View }> = ({ team, view }) => (
  <section class="panel" aria-labelledby="people">
    <div class="panel-head">
      <h2 id="people">People</h2>
    </div>
    <ul class="rows">
      {team.map((member) => (
        <li>
          <span class="avatar" aria-hidden="true">
            {member.name.slice(0, 2)}
          </span>
          <div class="grow">
            <a class="strong" href={`/team/${member.userId}`}>
              {member.displayName ?? member.name}
            </a>
            <div class="soft small">
              {[member.displayName && member.name, member.email].filter(Boolean).join(" · ")}
            </div>
          </div>
          <div class="member-state">
            <span>{ROLE_NAMES[member.role]}</span>
            <span class="soft small">
              <MemberState member={member} view={view} />
            </span>
          </div>
        </li>
      ))}
    </ul>
  </section>
);

const MemberState: FC<{ member: Member; view: View }> = ({ member, view }) => {
  if (member.disabledAt) return <span class="tag">disabled</span>;
  if (!member.hasPassword && !member.hasOtherWay && member.sessions === 0)
    return <span class="tag">has not joined</span>;
  return (
    <>
      {member.lastSeenAt && member.sessions > 0 ? (
        <>
          seen <When at={member.lastSeenAt} view={view} style="short" />
        </>
      ) : (
        "signed out"
      )}
      {member.hasSecondFactor || !member.hasPassword ? "" : ", no second step"}
    </>
  );
};

const Invite: FC<Shown & { hasMail: boolean }> = ({ refused, typed, hasMail }) => (
  <form class="panel" method="post" action="/team/invite" aria-labelledby="invite">
    <div class="panel-head">
      <h2 id="invite">Invite somebody</h2>
    </div>
    <div class="panel-body form">
      <Refused refused={refused} />
      <Field
        label="Name to sign in with"
        name="name"
        autocomplete="off"
        value={typed?.name}
        maxlength={64}
        required
        refused={refused}
      />
      <Field
        label={hasMail ? "E-mail address" : "E-mail address (may be left out)"}
        name="email"
        type="email"
        autocomplete="off"
        value={typed?.email}
        maxlength={254}
        hint={hasMail ? "The link is sent there." : undefined}
        refused={refused}
      />
      <RoleChoice chosen={typed?.role ?? ("analyst" satisfies Role)} />
      <button type="submit" class="button primary">
        Invite
      </button>
    </div>
  </form>
);
