import { z } from "zod";
import { wanted } from "../../pipeline/doors/fields.ts";
import { givenSubject } from "../../pipeline/privacy/subject.ts";
import { takeOut } from "../../pipeline/privacy/take-out.ts";
import { currentUser } from "../auth/guard.ts";
import type { AppContext, Deps } from "../context.ts";
import { answerWithFile } from "./export-answer.ts";
import { type ApiRoute, jsonBody, route } from "./route.ts";

const subjectJson = z.strictObject({
  entity: wanted(64).meta({
    description: "A name of payments' entities, or `card` (by its token) or `merchant`.",
  }),
  id: wanted(256),
});

/** Everything that is held about somebody, as a file of JSON. @throws DomainError `invalid_argument` */
export async function personFile(
  c: AppContext,
  deps: Deps,
  { entity, id }: z.output<typeof subjectJson>,
): Promise<Response> {
  const subject = givenSubject(entity, id);
  return await answerWithFile(c, deps, async () => ({
    bytes: asBytes(takeOut(deps.db, subject, currentUser(c).actor)),
    headers: {
      "Content-Type": "application/json",
      "Content-Disposition": `attachment; filename="paysecure-person-${new Date().toISOString().slice(0, 10)}.json"`,
    },
  }));
}

async function* asBytes(pieces: AsyncGenerator<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const piece of pieces) yield encoder.encode(piece);
}

/** One person's data. */
export const PRIVACY_ROUTES: readonly ApiRoute[] = [
  route(
    {
      method: "post",
      path: "/api/v1/privacy/export",
      summary: "Take out everything that is held about one person",
      description:
        "By an entity of payments: decisions with their cases, verdicts, notes, labels and what the audit log says of them; imported payments; dead letters that name it; entries of the policy's lists. A POST, so that the id is in no log of addresses. It is in the audit log, with the id as a keyed hash.",
      access: "privacy.export",
      body: jsonBody(subjectJson, { entity: "customer", id: "c-17" }),
      status: 200,
      files: ["application/json"],
      failures: [503],
    },
    (deps) =>
      async ({ body }, c) =>
        await personFile(c, deps, body),
  ),
];
