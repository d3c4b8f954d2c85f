import { raw } from "hono/html";
import type { Child, FC } from "hono/jsx";
import { type Right, ROLE_NAMES } from "../../domain/rights.ts";
import type { AlertCounts } from "../../pipeline/alerts/lists.ts";
import { assetUrl } from "../assets.ts";
import { mayDo } from "../auth/guard.ts";
import { formatCount } from "./format.ts";
import {
  AnalyticsIcon,
  ApiIcon,
  AuditIcon,
  BellIcon,
  DashboardIcon,
  ExportIcon,
  ImpactIcon,
  KeyIcon,
  LeaveIcon,
  LettersIcon,
  Mark,
  ModelsIcon,
  MoonIcon,
  PolicyIcon,
  PrivacyIcon,
  QueueIcon,
  QueuesIcon,
  RetentionIcon,
  StatusIcon,
  SunIcon,
  TeamIcon,
  TransactionsIcon,
  WatchIcon,
  WebhookIcon,
} from "./icons.tsx";
import type { View } from "./view.ts";

/**
 * No styles or scripts of htmx's own making: the CSP allows none. An answer is waited for a little longer than the
 * server may take for it (app.tsx), a stream's beginning less. What marks a row (assets/keyboard.js), and what somebody
 * has unfolded, is the browser's.
 */
const HTMX_CONFIG = JSON.stringify({
  includeIndicatorCSS: false,
  history: false,
  defaultTimeout: 30_000,
  morphIgnore: ["data-htmx-powered", "data-current", "open"],
  sse: { reconnectMaxDelay: 5_000, connectTimeout: 10_000 },
});

interface DocumentProps {
  readonly title: string;
  readonly view: View;
  readonly scripts?: readonly ("api-docs.js" | "passkeys.js" | "push.js")[];
  readonly children?: Child;
}

/** The HTML document: head, assets, theme. Nothing inline, nothing from elsewhere. */
export const Document: FC<DocumentProps> = ({ title, view, scripts = [], children }) => (
  <>
    {raw("<!doctype html>")}
    <html lang="en" data-theme={view.theme === "auto" ? undefined : view.theme}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
        <meta name="htmx-config" content={HTMX_CONFIG} />
        <title>{`${title} · PaySecure`}</title>
        <link rel="icon" type="image/svg+xml" href={assetUrl("favicon.svg")} />
        <link rel="stylesheet" href={assetUrl("app.css")} />
        <script src={assetUrl("htmx.js")} defer></script>
        <script src={assetUrl("app.js")} defer></script>
        {scripts.map((name) => (
          <script src={assetUrl(name)} defer></script>
        ))}
      </head>
      {children}
    </html>
  </>
);

interface Place {
  readonly href: string;
  readonly name: string;
  readonly Icon: FC;
  /** Whether a page belongs to the place. */
  readonly holds: (path: string) => boolean;
}

const PLACES: readonly Place[] = [
  { href: "/", name: "Dashboard", Icon: DashboardIcon, holds: (path) => path === "/" },
  { href: "/reviews", name: "Review queue", Icon: QueueIcon, holds: (path) => path.startsWith("/reviews") },
  {
    href: "/transactions",
    name: "Transactions",
    Icon: TransactionsIcon,
    // Also /transaction?id=, the page of an id that no path can hold.
    holds: (path) => path.startsWith("/transaction"),
  },
  { href: "/impact", name: "Impact", Icon: ImpactIcon, holds: (path) => path.startsWith("/impact") },
  {
    href: "/analytics",
    name: "Analytics",
    Icon: AnalyticsIcon,
    holds: (path) => path.startsWith("/analytics"),
  },
  { href: "/api/docs", name: "API", Icon: ApiIcon, holds: (path) => path.startsWith("/api/docs") },
];

interface AdminPlace extends Place {
  readonly right: Right;
}

/** Places that only some may enter; shown to those alone. */
export const ADMIN_PLACES: readonly AdminPlace[] = [
  {
    href: "/policy",
    name: "Policy",
    Icon: PolicyIcon,
    right: "policy.write",
    holds: (path) => path.startsWith("/policy"),
  },
  {
    href: "/team",
    name: "Team",
    Icon: TeamIcon,
    holds: (path) => path.startsWith("/team"),
    right: "accounts.manage",
  },
  {
    href: "/keys",
    name: "API keys",
    Icon: KeyIcon,
    right: "keys.manage",
    holds: (path) => path.startsWith("/keys"),
  },
  {
    href: "/alerts",
    name: "Alerts",
    Icon: BellIcon,
    holds: (path) => path.startsWith("/alerts"),
    right: "operations.read",
  },
  {
    href: "/status",
    name: "Status",
    Icon: StatusIcon,
    holds: (path) => path.startsWith("/status"),
    right: "operations.read",
  },
  {
    href: "/watch",
    name: "Watch",
    Icon: WatchIcon,
    holds: (path) => path.startsWith("/watch"),
    right: "operations.read",
  },
  {
    href: "/models",
    name: "Models",
    Icon: ModelsIcon,
    holds: (path) => path.startsWith("/models"),
    right: "operations.read",
  },
  {
    href: "/dead-letters",
    name: "Dead letters",
    Icon: LettersIcon,
    holds: (path) => path.startsWith("/dead-letters"),
    right: "operations.read",
  },
  {
    href: "/queues",
    name: "Queues",
    Icon: QueuesIcon,
    holds: (path) => path.startsWith("/queues"),
    right: "operations.read",
  },
  {
    href: "/export",
    name: "Export",
    Icon: ExportIcon,
    holds: (path) => path.startsWith("/export"),
    right: "data.export",
  },
  {
    href: "/privacy",
    name: "Privacy",
    Icon: PrivacyIcon,
    holds: (path) => path.startsWith("/privacy"),
    right: "privacy.export",
  },
  {
    href: "/retention",
    name: "Retention",
    Icon: RetentionIcon,
    holds: (path) => path.startsWith("/retention"),
    right: "data.retention",
  },
  {
    href: "/webhooks",
    name: "Webhooks",
    Icon: WebhookIcon,
    holds: (path) => path.startsWith("/webhooks"),
    right: "webhooks.manage",
  },
  {
    href: "/audit",
    name: "Audit log",
    Icon: AuditIcon,
    holds: (path) => path.startsWith("/audit"),
    right: "audit.read",
  },
];

const PlaceLink: FC<{ readonly place: Place; readonly view: View; readonly children?: Child }> = ({
  place: { href, name, Icon, holds },
  view,
  children,
}) => (
  <a href={href} aria-current={holds(view.path) ? "page" : undefined}>
    <Icon />
    <span>{name}</span>
    {children}
  </a>
);

/** How many cases are open, beside the word in the navigation; part of every live update. */
export const OpenCount: FC<{ readonly open: number; readonly overdue: number }> = ({ open, overdue }) => (
  <span
    id="open-count"
    class="count"
    data-overdue={overdue > 0 ? "true" : "false"}
    title={`${formatCount(open)} open, ${formatCount(overdue)} overdue`}
  >
    {open > 0 ? formatCount(open) : ""}
  </span>
);

/** How many alerts nobody has acknowledged, beside the word in the navigation; part of every live update. */
export const AlertCount: FC<{ readonly alerts: AlertCounts }> = ({ alerts: { firing, critical } }) => (
  <span
    id="alert-count"
    class="count"
    data-overdue={critical > 0 ? "true" : "false"}
    title={`${formatCount(firing)} not acknowledged, ${formatCount(critical)} critical`}
  >
    {firing > 0 ? formatCount(firing) : ""}
  </span>
);

const NO_ALERTS: AlertCounts = { firing: 0, critical: 0 };

const AdminNav: FC<{ readonly view: View }> = ({ view }) => {
  const places = ADMIN_PLACES.filter(({ right }) => mayDo(view.user, right));
  return places.length === 0 ? null : (
    <nav class="nav nav-admin" aria-label="Administration">
      {places.map((place) => (
        <PlaceLink place={place} view={view}>
          {place.href === "/alerts" && <AlertCount alerts={NO_ALERTS} />}
        </PlaceLink>
      ))}
    </nav>
  );
};

/** Who looks: the way to their account. */
const Who: FC<{ readonly view: View }> = ({ view: { user, path } }) => {
  if (!user) return null;
  const inside = (
    <>
      <span class="avatar" aria-hidden="true">
        {user.name.slice(0, 2)}
      </span>
      <div>
        <strong>{user.name}</strong>
        <br />
        <span class="xsmall">{user.role === null ? "API key" : ROLE_NAMES[user.role]}</span>
      </div>
    </>
  );
  if (!user.session) return <div class="who">{inside}</div>;
  return (
    <a
      class="who"
      href="/account"
      title="Your account"
      aria-label={`Your account: ${user.name}`}
      aria-current={path.startsWith("/account") ? "page" : undefined}
    >
      {inside}
    </a>
  );
};

interface PageProps extends DocumentProps {
  /** Where the page's live parts come from; without it the page stands still. */
  readonly live?: string;
  readonly heading: Child;
  readonly sub?: Child;
  readonly crumbs?: Child;
  readonly reviews?: { readonly open: number; readonly overdue: number } | undefined;
}

/** A page of the console: rail, heading, live state, content. */
export const Page: FC<PageProps> = ({ view, live, heading, sub, crumbs, reviews, children, ...document }) => (
  <Document view={view} {...document}>
    <body data-zone={view.timeZone}>
      <a class="skip" href="#content">
        Skip to content
      </a>
      <div class="shell">
        <header class="rail">
          <div class="rail-inner">
            <a class="brand" href="/">
              <Mark />
              PaySecure
            </a>
            <nav class="nav" aria-label="Main">
              {PLACES.map((place) => (
                <PlaceLink place={place} view={view}>
                  {place.href === "/reviews" && (
                    <OpenCount open={reviews?.open ?? 0} overdue={reviews?.overdue ?? 0} />
                  )}
                </PlaceLink>
              ))}
            </nav>
            <AdminNav view={view} />
            <div class="rail-foot">
              <Who view={view} />
              <div class="rail-actions">
                <button
                  type="button"
                  class="rail-button"
                  data-theme-toggle
                  aria-label="Switch between light and dark"
                >
                  <i class="theme-light">
                    <MoonIcon />
                  </i>
                  <i class="theme-dark">
                    <SunIcon />
                  </i>
                  <span>Theme</span>
                </button>
                <form method="post" action="/sign-out">
                  <button type="submit" class="rail-button" aria-label="Sign out">
                    <LeaveIcon />
                    <span>Sign out</span>
                  </button>
                </form>
              </div>
            </div>
          </div>
        </header>
        <main class="main" id="content">
          <div class="main-inner">
            <div class="page-head">
              <div>
                {crumbs && (
                  <nav class="crumbs" aria-label="Where you are">
                    {crumbs}
                  </nav>
                )}
                <h1>{heading}</h1>
                {sub && <p class="sub">{sub}</p>}
              </div>
              {live && (
                <p id="live-state" class="live-state" role="status" data-state="connecting">
                  <span class="dot"></span>
                  <span class="label">Connecting…</span>
                  <span id="live-mode"></span>
                  <span class="age" aria-hidden="true"></span>
                </p>
              )}
            </div>
            {children}
          </div>
        </main>
      </div>
      <div id="toasts" class="toasts" aria-live="polite"></div>
      <KeysHelp />
      {live && (
        <div id="live-stream" hx-sse:connect={live} hx-trigger="load, live:retry" hx-swap="none" hidden></div>
      )}
    </body>
  </Document>
);

const KEYS: readonly (readonly [key: string, does: string])[] = [
  ["j k", "down and up a list"],
  ["Enter", "open the marked row"],
  ["n", "take the next case"],
  ["0 … 9", "the whole queue, and its views"],
  ["v", "save the queue as a view; columns"],
  ["f", "fraud, and on to the next case"],
  ["a", "legitimate, and on to the next case"],
  ["u", "undo the last verdict, for ten seconds"],
  ["e", "escalate to a lead"],
  ["s", "snooze"],
  ["w", "write a note; Esc leaves it"],
  ["c r", "claim, release"],
  ["/", "search"],
  ["?", "these keys"],
];

/** What the keyboard does; assets/keyboard.js opens it. */
const KeysHelp: FC = () => (
  <dialog id="keys-help" class="keys-help" aria-labelledby="keys-help-title">
    <h2 id="keys-help-title">Keys</h2>
    <dl>
      {KEYS.map(([key, does]) => (
        <div>
          <dt>
            {key.split(" ").map((one) => (
              <kbd class="hint">{one}</kbd>
            ))}
          </dt>
          <dd>{does}</dd>
        </div>
      ))}
    </dl>
    <form method="dialog">
      <button type="submit" class="button">
        Close
      </button>
    </form>
  </dialog>
);

/** A page of one card: sign-in and errors. */
export const LonePage: FC<DocumentProps> = ({ children, ...document }) => (
  <Document {...document}>
    <body>
      <div class="alone">
        <a class="brand" href="/">
          <Mark />
          PaySecure
        </a>
        <main class="alone-card">{children}</main>
      </div>
    </body>
  </Document>
);
