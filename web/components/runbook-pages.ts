/** Files of the repository that the console shows, by the name of their page. */
export const RUNBOOK_PAGES = {
  runbook: { file: "docs/runbook.md", name: "Servers that misbehave" },
  alerts: { file: "docs/alerts.md", name: "Alerts of the console" },
  prometheus: { file: "docs/operate/alerts.md", name: "Alerts of Prometheus" },
} as const;

export type RunbookPage = keyof typeof RUNBOOK_PAGES;

export function isRunbookPage(text: string): text is RunbookPage {
  return Object.hasOwn(RUNBOOK_PAGES, text);
}

/** Where the console shows an entry: `docs/runbook.md#redis` → `/status/runbook/runbook#redis`. */
export function runbookHref(entry: string): string {
  const [file = "", anchor] = entry.split("#");
  const page = Object.entries(RUNBOOK_PAGES).find(([, each]) => each.file === file)?.[0] ?? "runbook";
  return `/status/runbook/${page}${anchor === undefined ? "" : `#${anchor}`}`;
}
