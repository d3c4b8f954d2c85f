import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ALERT_KIND_NAMES } from "../../domain/alerts.ts";
import { OBJECTIVES } from "../../domain/objectives.ts";
import { alertRunbook, promiseRunbook, STATUS_PARTS } from "../../domain/status.ts";
import { projectRoot } from "../../platform/process/config.ts";
import { Markdown } from "./markdown.tsx";
import { RUNBOOK_PAGES, runbookHref } from "./runbook-pages.ts";

const drawn = async (text: string): Promise<string> =>
  String(await (<Markdown text={text} hrefOf={(to) => (to.startsWith("https:") ? to : undefined)} />));

test("headings, words, lists, code and tables become what they are, and nothing else does", async () => {
  expect(await drawn("# The *first*\n\n### Redis is away\nstart `it`,\n**now**, 2 * 3 * 4")).toBe(
    '<h2 id="the-first">The <em>first</em></h2><h3 id="redis-is-away">Redis is away</h3><p>start <code>it</code>, <strong>now</strong>, 2 * 3 * 4</p>',
  );
  expect(await drawn("- [one](https://a.example/)\n- [two](b.md)")).toBe(
    '<ul><li><a href="https://a.example/">one</a></li><li><span>two</span></li></ul>',
  );
  expect(await drawn("```sh\na | b\n\n# c\n```\n<!-- made -->")).toBe(
    '<pre class="runbook-code"><code>a | b\n\n# c</code></pre>',
  );
  expect(await drawn("<script>alert(1)</script>")).toBe("<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>");
  const table = await drawn("| A | B |\n| --- | --- |\n| `x|y` | z \\| w |\n| | 2 |");
  expect(table).toContain('<thead><tr><th scope="col">A</th><th scope="col">B</th></tr></thead>');
  expect(table).toContain("<tr><td><code>x|y</code></td><td>z | w</td></tr><tr><td></td><td>2</td></tr>");
});

test("whatever the status leads to is a heading of a page that the console shows", async () => {
  const entries = [
    ...Object.values(STATUS_PARTS).map(({ runbook }) => runbook),
    ...ALERT_KIND_NAMES.map(alertRunbook),
    ...OBJECTIVES.map(({ name }) => promiseRunbook(name)),
  ];
  const pages = new Map<string, string>();
  for (const { file } of Object.values(RUNBOOK_PAGES))
    pages.set(file, await drawn(readFileSync(join(projectRoot, file), "utf8")));
  for (const entry of entries) {
    const [file = "", anchor = ""] = entry.split("#");
    expect(pages.get(file), entry).toContain(` id="${anchor}"`);
  }
  expect(runbookHref("docs/operate/alerts.md#paysecuredown")).toBe(
    "/status/runbook/prometheus#paysecuredown",
  );
});
