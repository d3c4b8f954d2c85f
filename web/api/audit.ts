import { z } from "zod";
import { ACTOR_KINDS } from "../../domain/actors.ts";
import { searchAudit } from "../../pipeline/audit/search.ts";
import { instant, wanted } from "../../pipeline/doors/fields.ts";
import { cursorOf } from "./cursor.ts";
import { type ApiRoute, route } from "./route.ts";

const cursor = cursorOf(z.object({ before: z.int().positive() }));

const auditQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: cursor.parameter.optional().meta({ description: "next_cursor of the page before." }),
  actor: wanted(200).optional().meta({ description: "Name of whoever did it." }),
  act: wanted(100).optional().meta({ description: "An act, or how it begins: account." }),
  subject: wanted(300).optional().meta({ description: "What it was done to: case:17" }),
  since: instant.optional(),
  until: instant.optional(),
});

const auditPage = z.object({
  items: z.array(
    z.object({
      audit_id: z.int(),
      at: z.iso.datetime(),
      actor: z.object({ kind: z.enum(ACTOR_KINDS), id: z.string(), name: z.string() }),
      act: z.string(),
      subject: z.string(),
      detail: z.record(z.string(), z.unknown()),
      hash: z.string().meta({ description: "SHA-256 over the entry and the hash before it, hex." }),
    }),
  ),
  next_cursor: z.string().nullable(),
});

/** The audit log, for programs: a SIEM that follows it. */
export const AUDIT_ROUTES: readonly ApiRoute[] = [
  route(
    {
      method: "get",
      path: "/api/v1/audit",
      summary: "Search the audit log, newest first",
      access: "audit.read",
      query: auditQuery,
      status: 200,
      answer: auditPage,
    },
    ({ db }) =>
      async ({ query: { limit, cursor: after, since, until, actor, act, subject } }) => {
        const found = await searchAudit(db, {
          limit: limit + 1,
          ...(after === undefined ? {} : { before: after.before }),
          ...(actor === undefined ? {} : { actor }),
          ...(act === undefined ? {} : { act }),
          ...(subject === undefined ? {} : { subject }),
          ...(since === undefined ? {} : { since: new Date(since) }),
          ...(until === undefined ? {} : { until: new Date(until) }),
        });
        const items = found.slice(0, limit);
        const last = items.at(-1);
        return {
          items: items.map(({ auditId, at, ...entry }) => ({
            audit_id: auditId,
            at: at.toISOString(),
            ...entry,
          })),
          next_cursor: found.length > limit && last ? cursor.write({ before: last.auditId }) : null,
        };
      },
  ),
];
