import type { FC } from "hono/jsx";
import type { AuditEntry } from "../../pipeline/audit/search.ts";
import { formatDateTime } from "./format.ts";
import type { View } from "./view.ts";

const SUBJECT_PAGES: Readonly<Record<string, (id: string) => string>> = {
  case: (id) => `/reviews/${id}`,
  dead_letter: (id) => `/dead-letters/${id}`,
  training_run: (id) => `/models/runs/${id}`,
};

/** Where a subject has a page of its own. */
function subjectHref(subject: string): string | undefined {
  const [kind, id = ""] = subject.split(":");
  if (!/^\d{1,15}$/.test(id)) return undefined;
  return SUBJECT_PAGES[kind ?? ""]?.(id);
}

/** What changed, "viewer → analyst", then the rest by name. */
function detailOf(detail: AuditEntry["detail"]): [name: string, value: string][] {
  const said = (value: unknown): string =>
    value === null || value === undefined
      ? "none"
      : typeof value === "object"
        ? JSON.stringify(value)
        : String(value);
  const { before, after, ...rest } = detail;
  const change: [string, string][] =
    "before" in detail && "after" in detail ? [["change", `${said(before)} → ${said(after)}`]] : [];
  return [
    ...change,
    ...Object.entries(change.length > 0 ? rest : detail)
      .filter(([, value]) => value !== "")
      .map(([name, value]): [string, string] => [name.replaceAll("_", " "), said(value)]),
  ];
}

const KIND: Readonly<Record<string, string>> = {
  api_key: "API key",
  operator: "command line",
  system: "by itself",
};

/** Acts as the audit log has them, the newest first. */
export const AuditTable: FC<{ readonly entries: readonly AuditEntry[]; readonly view: View }> = ({
  entries,
  view,
}) => (
  <div class="table-wrap">
    <table class="audit">
      <caption class="visually-hidden">Acts, the newest first</caption>
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">Who</th>
          <th scope="col">Act</th>
          <th scope="col">On what</th>
          <th scope="col">Detail</th>
        </tr>
      </thead>
      <tbody>
        {entries.map(({ auditId, at, actor, act, subject, detail, hash }) => {
          const href = subjectHref(subject);
          return (
            <tr>
              <td class="nowrap">
                <time datetime={at.toISOString()}>{formatDateTime(at, view.timeZone)}</time>
                <span class="second" title={`SHA-256 ${hash}`}>
                  entry {auditId}
                </span>
              </td>
              <td>
                <strong>{actor.name}</strong>
                {KIND[actor.kind] && <span class="second">{KIND[actor.kind]}</span>}
              </td>
              <td>
                <code>{act}</code>
              </td>
              <td>{href ? <a href={href}>{subject}</a> : subject}</td>
              <td>
                <dl class="audit-detail">
                  {detailOf(detail).map(([name, value]) => (
                    <div>
                      <dt>{name}</dt>
                      <dd dir="auto">{value}</dd>
                    </div>
                  ))}
                </dl>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  </div>
);
