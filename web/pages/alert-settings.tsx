import { Hono } from "hono";
import { z } from "zod";
import { ALERT_SEVERITIES, isAlertKind } from "../../domain/alerts.ts";
import {
  addChannel,
  type ChannelTarget,
  changeChannel,
  listChannels,
  makeSecret,
  removeChannel,
  removeOwnBrowser,
  testChannel,
} from "../../pipeline/alerts/channels.ts";
import { awaitMessage, type ListedMessage } from "../../pipeline/alerts/lists.ts";
import { pushPublicKey } from "../../pipeline/alerts/push-keys.ts";
import {
  readAlertSettings,
  readConditions,
  readReadings,
  setAlertSettings,
  setCondition,
} from "../../pipeline/alerts/settings.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { readBody } from "../api/body.ts";
import { assetUrl } from "../assets.ts";
import {
  currentPerson,
  currentUser,
  demandRight,
  mayDo,
  requirePerson,
  requireRight,
} from "../auth/guard.ts";
import {
  AlertSettingsForm,
  ChannelList,
  ConditionList,
  NewChannel,
  NewSecret,
  ThisBrowser,
} from "../components/alert-settings.tsx";
import { AlertTabs, Said } from "../components/alerts.tsx";
import { sentence } from "../components/format.ts";
import { Page } from "../components/layout.tsx";
import { Notice } from "../components/notice.tsx";
import { viewOf } from "../components/view.ts";
import { TimesIn } from "../components/when.tsx";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { numberIn, orSayWhy, readForm } from "./form.ts";

/** How long a test waits for a worker to send it and for a server to answer. */
const TEST_LIMIT_MS = 12_000;

const text = z.string().trim().max(2_048);
const optional = text.optional().transform((value) => value || undefined);
const checkbox = z
  .string()
  .optional()
  .transform((value) => value !== undefined);

const newChannel = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("webhook"), name: text, url: text, secret: optional }),
  z.object({ kind: z.literal("slack"), name: text, url: text }),
  z.object({ kind: z.literal("teams"), name: text, url: text }),
  z.object({ kind: z.literal("email"), name: text, to: text }),
  z.object({ kind: z.literal("sms"), name: text, url: text, to: text, token: optional }),
]);

const channelForm = z.object({
  act: z.enum(["change", "test", "remove"]),
  enabled: checkbox,
  by_default: checkbox,
  severity: z.enum(ALERT_SEVERITIES),
  per_hour: z.coerce.number(),
});

const conditionForm = z.object({
  enabled: checkbox,
  threshold: z.coerce.number().optional(),
  severity: z.enum(ALERT_SEVERITIES),
  channel: z.string().max(1_000).default(""),
});

const settingsForm = z.object({
  quiet_from: text.default(""),
  quiet_until: text.default(""),
  time_zone: text.default("UTC"),
  group_seconds: z.coerce.number(),
  escalate_minutes: text.default(""),
  escalate_to: text.default(""),
});

const browserBody = z.object({
  name: z.string().max(64),
  endpoint: z.string().max(2_048),
  keys: z.object({ p256dh: z.string().max(200), auth: z.string().max(100) }),
});

interface Shown {
  readonly refused?: DomainError;
  readonly secret?: { readonly name: string; readonly secret: string };
  readonly tested?: ListedMessage;
}

/** `/alerts/channels` and `/alerts/conditions`: which alerts there are, and where they go. */
export function alertSettingRoutes(deps: Deps): Hono<AppEnv> {
  const channels = async (c: AppContext, { refused, secret, tested }: Shown = {}): Promise<Response> => {
    const view = viewOf(c);
    const [list, publicKey, snapshot] = await Promise.all([
      listChannels(deps.db),
      pushPublicKey(deps.db, deps.secrets),
      deps.feed.recent(),
    ]);
    const mayManage = mayDo(view.user, "alerts.manage");
    return await c.html(
      <Page
        title="Channels of alerts"
        heading="Alerts"
        sub="Where alerts go; addresses and secrets are sealed, and never shown again"
        view={view}
        live="/live/frame"
        reviews={snapshot.stats.reviews}
        scripts={["push.js"]}
      >
        {refused && <Notice notice={{ kind: "problem", text: sentence(refused.message) }} />}
        {tested && (
          <p class="notice" role="status" data-kind={tested.state === "sent" ? "success" : "problem"}>
            {tested.state === "sent"
              ? `${tested.channel} took the test message; its server said: `
              : tested.state === "failed"
                ? `${tested.channel} did not take the test message: `
                : `No worker has sent the test message to ${tested.channel} so far: does one run? `}
            <Said message={tested} />
          </p>
        )}
        {secret && <NewSecret {...secret} />}
        <AlertTabs view={view} />
        <div class="keys-columns">
          <ChannelList channels={list} mayManage={mayManage} />
          <div class="alert-forms">
            {view.user?.session && (
              <ThisBrowser
                publicKey={publicKey}
                worker={assetUrl("push-worker.js")}
                name={`${view.user.name}'s browser`}
              />
            )}
            {mayManage && <NewChannel />}
          </div>
        </div>
      </Page>,
    );
  };

  const conditions = async (c: AppContext, refused?: DomainError): Promise<Response> => {
    const view = viewOf(c);
    const [all, readings, list, settings, snapshot] = await Promise.all([
      readConditions(deps.db),
      readReadings(deps.db),
      listChannels(deps.db),
      readAlertSettings(deps.db),
      deps.feed.recent(),
    ]);
    const mayManage = mayDo(view.user, "alerts.manage");
    return await c.html(
      <Page
        title="Conditions of alerts"
        heading="Alerts"
        sub={
          <>
            When an alert fires, and what a worker found last · <TimesIn view={view} />
          </>
        }
        view={view}
        live="/live/frame"
        reviews={snapshot.stats.reviews}
      >
        {refused && <Notice notice={{ kind: "problem", text: sentence(refused.message) }} />}
        <AlertTabs view={view} />
        {mayManage && <AlertSettingsForm settings={settings} channels={list} timeZone={view.timeZone} />}
        <ConditionList
          conditions={all}
          readings={new Map(readings.map((reading) => [reading.kind, reading]))}
          channels={list}
          mayManage={mayManage}
          view={view}
        />
      </Page>,
    );
  };

  return new Hono<AppEnv>()
    .get("/alerts/channels", requireRight("operations.read"), (c) => channels(c))
    .post("/alerts/channels", requireRight("alerts.manage"), async (c) =>
      orSayWhy(
        async () => {
          const form = await readForm(c, newChannel);
          const { name } = form;
          const made = form.kind === "webhook" && form.secret === undefined ? makeSecret() : undefined;
          await addChannel(deps.db, deps.secrets, currentUser(c).actor, name, targetOf(form, made));
          return made
            ? await channels(c, { secret: { name, secret: made } })
            : c.redirect("/alerts/channels", 303);
        },
        (refused) => channels(c, { refused }),
      ),
    )
    .post("/alerts/channels/:id", requireRight("alerts.manage"), async (c) =>
      orSayWhy(
        async () => {
          const id = numberIn(c, "id", "channel");
          const form = await readForm(c, channelForm);
          const { actor } = currentUser(c);
          if (form.act === "test") {
            const message = await testChannel(deps.db, actor, id);
            return await channels(c, { tested: await awaitMessage(deps.db, message, TEST_LIMIT_MS) });
          }
          if (form.act === "remove") await removeChannel(deps.db, actor, id);
          else {
            const { enabled, by_default: byDefault, severity, per_hour: perHour } = form;
            await changeChannel(deps.db, actor, id, { enabled, byDefault, severity, perHour });
          }
          return c.redirect("/alerts/channels", 303);
        },
        (refused) => channels(c, { refused }),
      ),
    )
    .post("/alerts/browser", requirePerson, async (c) => {
      const person = currentPerson(c);
      const { name, endpoint, keys } = await readBody(c, browserBody);
      demandRight(c, "operations.read");
      const target: ChannelTarget = { kind: "push", endpoint, keys };
      await addChannel(deps.db, deps.secrets, person.actor, name, target, {
        userId: Number(person.actor.id),
      });
      return c.json({}, 201);
    })
    .post("/alerts/browser/remove", requirePerson, async (c) => {
      const person = currentPerson(c);
      const { endpoint } = await readBody(c, browserBody.pick({ endpoint: true }));
      await removeOwnBrowser(deps.db, deps.secrets, person.actor, Number(person.actor.id), endpoint);
      return c.json({});
    })
    .get("/alerts/conditions", requireRight("operations.read"), (c) => conditions(c))
    .post("/alerts/conditions/:kind", requireRight("alerts.manage"), async (c) =>
      orSayWhy(
        async () => {
          const kind = c.req.param("kind");
          if (!isAlertKind(kind)) throw new DomainError("not_found", "there is no such condition");
          const { enabled, threshold = null, severity, channel } = await readForm(c, conditionForm);
          const chosen = channel === "" ? null : channel.split(",").map(Number);
          await setCondition(deps.db, currentUser(c).actor, kind, {
            enabled,
            threshold,
            severity,
            channels: chosen,
          });
          return c.redirect(`/alerts/conditions#${kind}`, 303);
        },
        (refused) => conditions(c, refused),
      ),
    )
    .post("/alerts/settings", requireRight("alerts.manage"), async (c) =>
      orSayWhy(
        async () => {
          const form = await readForm(c, settingsForm);
          const {
            quiet_from: from,
            quiet_until: until,
            time_zone: timeZone,
            escalate_minutes,
            escalate_to,
          } = form;
          if ((escalate_minutes === "") !== (escalate_to === "")) {
            throw new DomainError(
              "invalid_argument",
              "say after how many minutes and to which channel, or neither",
            );
          }
          await setAlertSettings(deps.db, currentUser(c).actor, {
            quiet: from + until === "" ? undefined : { from, until, timeZone },
            groupSeconds: form.group_seconds,
            escalation:
              escalate_to === ""
                ? undefined
                : { minutes: Number(escalate_minutes), channelId: Number(escalate_to) },
          });
          return c.redirect("/alerts/conditions", 303);
        },
        (refused) => conditions(c, refused),
      ),
    );
}

/** @param made the secret of a webhook whose owner gave none */
function targetOf(target: z.output<typeof newChannel>, made: string | undefined): ChannelTarget {
  switch (target.kind) {
    case "webhook":
      return { kind: "webhook", url: target.url, secret: target.secret ?? made ?? makeSecret() };
    case "sms": {
      const { kind, url, to, token } = target;
      return { kind, url, to, ...(token === undefined ? {} : { token }) };
    }
    case "email":
      return { kind: "email", to: target.to };
    default:
      return { kind: target.kind, url: target.url };
  }
}
