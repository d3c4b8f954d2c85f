import type { FC } from "hono/jsx";
import type { ListedSession } from "../../pipeline/accounts/session-list.ts";
import type { SignInMethod } from "../../pipeline/store/schema.ts";
import type { View } from "./view.ts";
import { When } from "./when.tsx";

const BY: Record<SignInMethod, string> = {
  link: "one-time link",
  password: "password",
  passkey: "passkey",
  sso: "single sign-on",
};

const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg\//, "Edge"],
  [/\bFirefox\//, "Firefox"],
  [/Chrome\//, "Chrome"],
  [/\bSafari\//, "Safari"],
];

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux/, "Linux"],
];

/** "Firefox on Windows"; what is not known is said to be. */
export function browserName(agent: string | null): string {
  const first = (names: typeof BROWSERS): string | undefined =>
    names.find(([sign]) => sign.test(agent ?? ""))?.[1];
  const browser = first(BROWSERS);
  const system = first(SYSTEMS);
  if (browser === undefined) return system ? `A browser on ${system}` : "Unknown browser";
  return system ? `${browser} on ${system}` : browser;
}

/** Sessions with a button to end each. */
export const Sessions: FC<{
  readonly sessions: readonly ListedSession[];
  /** The one that looks; it is ended by signing out. */
  readonly own?: number;
  /** Where `/<id>/revoke` is sent to. */
  readonly action: string;
  readonly view: View;
}> = ({ sessions, own, action, view }) => (
  <ul class="rows">
    {sessions.map(({ id, agent, method, address, createdAt, lastSeenAt }) => (
      <li>
        <div class="grow">
          <span class="strong">{browserName(agent)}</span>
          {id === own && <span class="tag">this one</span>}
          <div class="soft small">
            By {BY[method]}
            {address && ` from ${address}`}, since <When at={createdAt} view={view} style="short" />
            {lastSeenAt && (
              <>
                , last seen <When at={lastSeenAt} view={view} style="short" />
              </>
            )}
          </div>
        </div>
        {id !== own && (
          <form method="post" action={`${action}/${id}/revoke`}>
            <button type="submit" class="button" aria-label={`End the session in ${browserName(agent)}`}>
              End
            </button>
          </form>
        )}
      </li>
    ))}
    {sessions.length === 0 && <li class="soft">None is open.</li>}
  </ul>
);
