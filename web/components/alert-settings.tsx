import type { Child, FC } from "hono/jsx";
import {
  ALERT_KIND_NAMES,
  ALERT_SEVERITIES,
  type AlertKind,
  type AlertSeverity,
  alertKind,
  type ChannelKind,
} from "../../domain/alerts.ts";
import type { AlertChannel } from "../../pipeline/alerts/channels.ts";
import type { AlertSettings, Condition } from "../../pipeline/alerts/settings.ts";
import { CHANNEL_NAMES, Severity } from "./alerts.tsx";
import type { View } from "./view.ts";
import { When } from "./when.tsx";

/** What a worker last found of a condition. */
export interface ShownReading {
  readonly kind: AlertKind;
  readonly at: Date;
  readonly level: string;
  readonly words: string;
}

const SeverityField: FC<{ readonly label: string; readonly chosen: AlertSeverity }> = ({ label, chosen }) => (
  <label class="field">
    <span>{label}</span>
    <select name="severity">
      {ALERT_SEVERITIES.map((severity) => (
        <option value={severity} selected={severity === chosen}>
          {severity}
        </option>
      ))}
    </select>
  </label>
);

const Check: FC<{
  readonly name: string;
  readonly checked: boolean;
  readonly value?: string;
  readonly children?: Child;
}> = ({ name, checked, value = "on", children }) => (
  <label class="check">
    <input type="checkbox" name={name} value={value} checked={checked} />
    <span>{children}</span>
  </label>
);

interface TextFieldProps {
  readonly name: string;
  readonly label: string;
  readonly placeholder?: string;
  readonly type?: string;
  readonly required?: boolean;
}

const TextField: FC<TextFieldProps> = ({ label, required = true, type = "text", ...rest }) => (
  <label class="field">
    <span>{label}</span>
    <input type={type} required={required} autocomplete="off" spellcheck={false} {...rest} />
  </label>
);

/** What each kind of channel wants to know. Addresses are typed as passwords are: they hold tokens. */
const FIELDS: readonly (readonly [Exclude<ChannelKind, "push">, readonly TextFieldProps[]])[] = [
  [
    "webhook",
    [
      { name: "url", label: "Address", placeholder: "https://…" },
      {
        name: "secret",
        label: "Signing secret; made when left empty",
        placeholder: "whsec_…",
        required: false,
      },
    ],
  ],
  [
    "slack",
    [{ name: "url", label: "Address of the incoming webhook", placeholder: "https://hooks.slack.com/…" }],
  ],
  ["teams", [{ name: "url", label: "Address of the workflow", placeholder: "https://…" }]],
  ["email", [{ name: "to", label: "To", type: "email", placeholder: "oncall@example.com" }]],
  [
    "sms",
    [
      { name: "url", label: "Address of the provider", placeholder: "https://…" },
      { name: "to", label: "Number, with its country", placeholder: "+33612345678" },
      { name: "token", label: "Bearer token, if it wants one", type: "password", required: false },
    ],
  ],
];

/** Forms that add a channel, one a kind. */
export const NewChannel: FC = () => (
  <section class="panel" aria-labelledby="new-channel">
    <div class="panel-head">
      <h2 id="new-channel">New channel</h2>
    </div>
    <div class="panel-body alert-forms">
      {FIELDS.map(([kind, fields]) => (
        <details>
          <summary>{CHANNEL_NAMES[kind]}</summary>
          <form method="post" action="/alerts/channels">
            <input type="hidden" name="kind" value={kind} />
            <TextField name="name" label="Name" placeholder="on-call" />
            {fields.map((field) => (
              <TextField {...field} />
            ))}
            <button type="submit" class="button primary">
              Add
            </button>
          </form>
        </details>
      ))}
    </div>
  </section>
);

/** Channels with what they get, a test button, and a way out. */
export const ChannelList: FC<{
  readonly channels: readonly AlertChannel[];
  readonly mayManage: boolean;
}> = ({ channels, mayManage }) => (
  <section class="panel" aria-labelledby="channels">
    <div class="panel-head">
      <h2 id="channels">Channels</h2>
    </div>
    {channels.length === 0 ? (
      <p class="empty">No channels: alerts are on the page and in the worker's log.</p>
    ) : (
      <ul class="alert-rows">
        {channels.map((channel) => (
          <li class="alert-row">
            <div>
              <p>
                <strong dir="auto">{channel.name}</strong>{" "}
                <span class="tag">{CHANNEL_NAMES[channel.kind]}</span>{" "}
                {!channel.enabled && <span class="tag">off</span>}
              </p>
              <p class="soft small" dir="auto">
                {channel.hint} ·{" "}
                {channel.byDefault ? `everything from ${channel.severity}` : "what is sent there by name"} ·
                at most {channel.perHour} an hour
              </p>
              {channel.disabledWhy && <p class="soft small">Switched off: {channel.disabledWhy}.</p>}
            </div>
            {mayManage && <ChannelActs channel={channel} />}
          </li>
        ))}
      </ul>
    )}
  </section>
);

const ChannelActs: FC<{ readonly channel: AlertChannel }> = ({ channel }) => {
  const { id, name, enabled, byDefault, severity, perHour } = channel;
  return (
    <form class="alert-set" method="post" action={`/alerts/channels/${id}`} aria-label={name}>
      <Check name="enabled" checked={enabled}>
        On
      </Check>
      <Check name="by_default" checked={byDefault}>
        Gets everything that no condition sends elsewhere
      </Check>
      <SeverityField label="From" chosen={severity} />
      <label class="field">
        <span>An hour, at most</span>
        <input name="per_hour" type="number" min="1" max="3600" required value={String(perHour)} />
      </label>
      <button type="submit" class="button" name="act" value="change">
        Save
      </button>
      <button type="submit" class="button" name="act" value="test" disabled={!enabled}>
        Test
      </button>
      <button type="submit" class="button fraud" name="act" value="remove">
        Remove
      </button>
    </form>
  );
};

/** A secret that was just made: the only time that it is seen. */
export const NewSecret: FC<{ readonly name: string; readonly secret: string }> = ({ name, secret }) => (
  <section class="panel new-key" aria-labelledby="new-secret">
    <div class="panel-head">
      <h2 id="new-secret">The signing secret of {name}</h2>
    </div>
    <div class="panel-body">
      <p>
        Give it to the receiver now: it is shown this once. Every message is signed with it (Standard
        Webhooks).
      </p>
      <div class="copy">
        <input
          id="made-secret"
          class="mono"
          readonly
          value={secret}
          aria-label="Signing secret"
          autocomplete="off"
        />
        <button type="button" class="button primary" data-copy="made-secret">
          Copy
        </button>
      </div>
    </div>
  </section>
);

/** Lets this browser be told; assets/push.js does it. */
export const ThisBrowser: FC<{
  readonly publicKey: string;
  readonly worker: string;
  readonly name: string;
}> = ({ publicKey, worker, name }) => (
  <section class="panel" id="push" data-key={publicKey} data-worker={worker} aria-labelledby="push-title">
    <div class="panel-head">
      <h2 id="push-title">This browser</h2>
    </div>
    <div class="panel-body alert-forms">
      <p class="soft small">Told of alerts also while no page of PaySecure is open, encrypted on the way.</p>
      <form hidden>
        <label class="field" id="push-on">
          <span>What to call it</span>
          <input id="push-name" required maxlength={64} value={name} autocomplete="off" />
          <button type="submit" class="button primary">
            Tell this browser
          </button>
        </label>
        <button type="button" class="button" id="push-off" hidden>
          Tell it no more
        </button>
      </form>
      <p id="push-said" role="status" class="small"></p>
    </div>
  </section>
);

/** Every kind: what it means, what was found, and what holds for it. */
export const ConditionList: FC<{
  readonly conditions: Readonly<Record<AlertKind, Condition>>;
  readonly readings: ReadonlyMap<AlertKind, ShownReading>;
  readonly channels: readonly AlertChannel[];
  readonly mayManage: boolean;
  readonly view: View;
}> = ({ conditions, readings, channels, mayManage, view }) => (
  <section class="panel" aria-labelledby="conditions">
    <div class="panel-head">
      <h2 id="conditions">Conditions</h2>
    </div>
    <ul class="alert-rows">
      {ALERT_KIND_NAMES.map((kind) => {
        const condition = conditions[kind];
        const { title, means, threshold } = alertKind(kind);
        const reading = readings.get(kind);
        return (
          <li class="alert-row" id={kind}>
            <div>
              <p>
                <strong>{title}</strong> <Severity severity={condition.severity} />{" "}
                {!condition.enabled && <span class="tag">off</span>}
              </p>
              <p class="soft small">
                Fires when {means}
                {threshold && ` (${condition.threshold} ${threshold.unit})`}.
              </p>
              {reading && (
                <p class="small">
                  <span class="tag" data-kind={reading.level === "over" ? "fraud" : undefined}>
                    {reading.level === "unknown" ? "not known" : reading.level === "over" ? "over" : "fine"}
                  </span>{" "}
                  {reading.words}{" "}
                  <span class="soft">
                    (<When at={reading.at} view={view} />)
                  </span>
                </p>
              )}
            </div>
            {mayManage && <ConditionForm kind={kind} condition={condition} channels={channels} />}
          </li>
        );
      })}
    </ul>
  </section>
);

const ConditionForm: FC<{
  readonly kind: AlertKind;
  readonly condition: Condition;
  readonly channels: readonly AlertChannel[];
}> = ({ kind, condition: { enabled, severity, threshold, channels: chosen }, channels }) => {
  const { title, threshold: range } = alertKind(kind);
  return (
    <form class="alert-set" method="post" action={`/alerts/conditions/${kind}`} aria-label={title}>
      <Check name="enabled" checked={enabled}>
        On
      </Check>
      {range && (
        <label class="field">
          <span>Threshold, {range.unit}</span>
          <input
            name="threshold"
            type="number"
            min={String(range.least)}
            max={String(range.most)}
            step="any"
            required
            value={String(threshold)}
          />
        </label>
      )}
      <SeverityField label="Severity" chosen={severity} />
      {channels.length > 0 && (
        <label class="field">
          <span>To</span>
          <select name="channel">
            <option value="" selected={chosen === null}>
              channels that get everything
            </option>
            {chosen && chosen.length > 1 && (
              <option value={chosen.join(",")} selected>
                {chosen.length} channels
              </option>
            )}
            {channels.map(({ id, name }) => (
              <option value={String(id)} selected={chosen?.length === 1 && chosen[0] === id}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      <button type="submit" class="button">
        Save
      </button>
    </form>
  );
};

/** Quiet hours, grouping, escalation. */
export const AlertSettingsForm: FC<{
  readonly settings: AlertSettings;
  readonly channels: readonly AlertChannel[];
  readonly timeZone: string;
}> = ({ settings: { quiet, groupSeconds, escalation }, channels, timeZone }) => (
  <form class="panel" method="post" action="/alerts/settings" aria-labelledby="settings-title">
    <div class="panel-head">
      <h2 id="settings-title">For all of them</h2>
    </div>
    <div class="panel-body alert-set">
      <label class="field">
        <span>Quiet from</span>
        <input type="time" name="quiet_from" value={quiet?.from} />
      </label>
      <label class="field">
        <span>until; only what is critical leaves</span>
        <input type="time" name="quiet_until" value={quiet?.until} />
      </label>
      <label class="field">
        <span>Time zone</span>
        <input name="time_zone" required value={quiet?.timeZone ?? timeZone} autocomplete="off" />
      </label>
      <label class="field">
        <span>Together within, seconds</span>
        <input name="group_seconds" type="number" min="0" max="86400" required value={String(groupSeconds)} />
      </label>
      <label class="field">
        <span>Not acknowledged after, minutes</span>
        <input
          name="escalate_minutes"
          type="number"
          min="1"
          max="10080"
          value={escalation && String(escalation.minutes)}
          placeholder="never"
        />
      </label>
      <label class="field">
        <span>also to</span>
        <select name="escalate_to">
          <option value="">nobody</option>
          {channels.map(({ id, name }) => (
            <option value={String(id)} selected={escalation?.channelId === id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" class="button primary">
        Save
      </button>
    </div>
  </form>
);
