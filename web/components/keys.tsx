import type { FC } from "hono/jsx";
import { type Right, rightRow, SCOPES } from "../../domain/rights.ts";
import {
  type ApiKey,
  DEFAULT_DAYS,
  DEFAULT_OVERLAP_HOURS,
  type MadeApiKey,
  MOST_DAYS,
  stateOf,
} from "../../pipeline/keys/api-keys.ts";
import type { View } from "./view.ts";
import { TimesIn, When } from "./when.tsx";

/** What was typed and refused: shown again. */
export interface Typed {
  readonly name: string;
  readonly scopes: readonly string[];
}

const LIFETIMES = [7, 30, DEFAULT_DAYS, 180, MOST_DAYS];
const OVERLAPS: readonly (readonly [hours: number, text: string])[] = [
  [0, "ends now"],
  [1, "works 1 hour more"],
  [DEFAULT_OVERLAP_HOURS, "works 24 hours more"],
  [168, "works 7 days more"],
];

/** A key that was just made: the only time that it is seen. */
export const NewKey: FC<{
  readonly made: MadeApiKey;
  readonly instead: string | undefined;
  readonly view: View;
}> = ({ made: { key, apiKey }, instead, view }) => (
  <section class="panel new-key" aria-labelledby="new-key">
    <div class="panel-head">
      <h2 id="new-key">The key of {apiKey.name}</h2>
      <span class="sub">
        until <When at={apiKey.expiresAt} view={view} style="full" />
      </span>
    </div>
    <div class="panel-body">
      <p>
        Copy it now: it is shown this once and kept nowhere.
        {instead !== undefined && ` The earlier key ${instead} goes on for the time you chose.`}
      </p>
      <div class="copy">
        <input id="made-key" class="mono" readonly value={key} aria-label="API key" autocomplete="off" />
        <button type="button" class="button primary" data-copy="made-key">
          Copy
        </button>
      </div>
      <p class="soft small">
        Send it as <code>Authorization: Bearer …</code> or <code>X-API-Key: …</code>, over gRPC in the
        metadata <code>authorization</code>.
      </p>
    </div>
  </section>
);

/** The form that makes a key. */
export const KeyForm: FC<{ readonly typed: Typed | undefined; readonly own: ReadonlySet<Right> }> = ({
  typed,
  own,
}) => (
  <form class="panel" method="post" action="/keys" aria-labelledby="make-key">
    <div class="panel-head">
      <h2 id="make-key">New key</h2>
    </div>
    <div class="panel-body key-form">
      <label class="field">
        <span>What it is for</span>
        <input
          name="name"
          required
          maxlength={64}
          value={typed?.name}
          placeholder="payment-gateway"
          autocomplete="off"
        />
      </label>
      <label class="field">
        <span>Lives for</span>
        <select name="days">
          {LIFETIMES.map((days) => (
            <option value={String(days)} selected={days === DEFAULT_DAYS}>
              {days} days
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>Transactions a second over gRPC</span>
        <input name="rate" type="number" min="1" max="1000000" step="1" placeholder="no limit" />
      </label>
      <fieldset class="scopes">
        <legend>What it may do</legend>
        {SCOPES.filter((scope) => own.has(scope)).map((scope) => (
          <label>
            <input type="checkbox" name="scopes" value={scope} checked={typed?.scopes.includes(scope)} />
            <span>
              {rightRow(scope).allows}
              <span class="second mono">{scope}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <button type="submit" class="button primary">
        Make the key
      </button>
    </div>
  </form>
);

/** All keys: those that open something first, those that are over put away. */
export const KeyList: FC<{ readonly keys: readonly ApiKey[]; readonly view: View }> = ({ keys, view }) => {
  const active = keys.filter((key) => stateOf(key) === "active");
  const over = keys.filter((key) => stateOf(key) !== "active");
  const rotated = new Set(keys.map((key) => key.rotatedFrom));
  return (
    <section class="panel" aria-labelledby="active-keys">
      <div class="panel-head">
        <h2 id="active-keys">Active keys</h2>
        <span class="sub">
          <TimesIn view={view} />
        </span>
      </div>
      {active.length === 0 ? (
        <p class="empty">No key is active. Programs cannot call without one.</p>
      ) : (
        <ul class="key-list">
          {active.map((key) => (
            <Row apiKey={key} view={view} acts={<Acts apiKey={key} rotated={rotated.has(key.keyId)} />} />
          ))}
        </ul>
      )}
      {over.length > 0 && (
        <details class="key-past">
          <summary>{over.length} revoked or expired</summary>
          <ul class="key-list">
            {over.map((key) => (
              <Row apiKey={key} view={view} />
            ))}
          </ul>
        </details>
      )}
    </section>
  );
};

const Row: FC<{ readonly apiKey: ApiKey; readonly view: View; readonly acts?: unknown }> = ({
  apiKey,
  view,
  acts,
}) => {
  const state = stateOf(apiKey);
  return (
    <li class="key-row">
      <div class="key-what">
        <p>
          <strong>{apiKey.name}</strong> <span class="faint mono">ps_{apiKey.keyId}_…</span>{" "}
          {state !== "active" && <span class="tag">{state}</span>}
        </p>
        <p class="key-scopes">
          {apiKey.scopes.map((scope) => (
            <span class="tag mono" title={rightRow(scope).allows}>
              {scope}
            </span>
          ))}
        </p>
        <p class="soft small">
          made by {apiKey.owner.name} <When at={apiKey.createdAt} view={view} style="short" /> ·{" "}
          {apiKey.revokedAt ? "revoked " : state === "expired" ? "expired " : "expires "}
          <When at={apiKey.revokedAt ?? apiKey.expiresAt} view={view} style="short" /> ·{" "}
          {apiKey.lastUsedAt ? (
            <>
              last used <When at={apiKey.lastUsedAt} view={view} style="short" />
            </>
          ) : (
            "never used"
          )}
          {apiKey.ratePerSecond !== null && ` · ${apiKey.ratePerSecond} a second`}
          {apiKey.rotatedFrom && ` · takes the place of ${apiKey.rotatedFrom}`}
        </p>
      </div>
      {acts}
    </li>
  );
};

const Acts: FC<{ readonly apiKey: ApiKey; readonly rotated: boolean }> = ({ apiKey, rotated }) => (
  <div class="key-acts">
    {!rotated && (
      <details>
        <summary class="button">Rotate</summary>
        <form method="post" action={`/keys/${apiKey.keyId}/rotate`}>
          <label class="field">
            <span>This key</span>
            <select name="overlap">
              {OVERLAPS.map(([hours, text]) => (
                <option value={String(hours)} selected={hours === DEFAULT_OVERLAP_HOURS}>
                  {text}
                </option>
              ))}
            </select>
          </label>
          <button type="submit" class="button primary">
            Make its successor
          </button>
        </form>
      </details>
    )}
    <details>
      <summary class="button">Revoke</summary>
      <form method="post" action={`/keys/${apiKey.keyId}/revoke`}>
        <p class="small">Programs that use it are refused within five seconds. This cannot be undone.</p>
        <button type="submit" class="button fraud">
          Revoke {apiKey.name}
        </button>
      </form>
    </details>
  </div>
);
