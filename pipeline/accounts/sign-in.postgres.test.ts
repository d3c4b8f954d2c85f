import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Actor } from "../../domain/actors.ts";
import type { Database } from "../store/schema.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { endSession, readSession, startSession } from "./sessions.ts";
import { createSignInToken, peekSignInToken, spendSignInToken } from "./sign-in-links.ts";

let store: TestStore;
let db: Kysely<Database>;
const ops: Actor = { kind: "operator", id: "1000", name: "ops" };
beforeAll(async () => {
  store = await openTestStore();
  db = store.db;
});
afterAll(() => store?.close());
let before = 0;
beforeEach(async () => {
  await db.deleteFrom("users").execute();
  before = (await db.selectFrom("audit_head").select("audit_id").executeTakeFirstOrThrow()).audit_id;
});

const signIn = (link: string): Promise<string> =>
  db
    .transaction()
    .execute(async (trx) =>
      startSession(trx, await spendSignInToken(trx, link), { idleHours: 8, method: "link" }),
    );

const acts = () =>
  db
    .selectFrom("audit_log")
    .select(["actor", "act", "subject"])
    .where("audit_id", ">", before)
    .orderBy("audit_id")
    .execute();

test("who made a link, who came in by it and who left is in the audit log, each once", async () => {
  const link = await createSignInToken(db, "ann", "analyst", 10, ops);
  await createSignInToken(db, "ann", "admin", 10, ops);
  const tokens = await Promise.allSettled([signIn(link), signIn(link)]);
  expect(tokens.filter(({ status }) => status === "rejected")).toMatchObject([
    { reason: { code: "conflict" } },
  ]);
  const [session] = tokens.flatMap((token) => (token.status === "fulfilled" ? [token.value] : [])) as [
    string,
  ];
  const user = await readSession(db, session, { idleHours: 8, longestHours: 24 });
  expect(user).toMatchObject({ name: "ann", role: "analyst", actor: { kind: "user", name: "ann" } });
  await endSession(db, session);
  await endSession(db, session);
  expect(await readSession(db, session, { idleHours: 8, longestHours: 24 })).toBeNull();
  const subject = `user:${user!.actor.id}`;
  expect(await acts()).toEqual([
    { actor: ops, act: "account.created", subject },
    { actor: ops, act: "account.sign_in_link", subject },
    { actor: ops, act: "account.sign_in_link", subject },
    { actor: user!.actor, act: "account.signed_in", subject },
    { actor: user!.actor, act: "account.signed_out", subject },
  ]);
});

test("nobody comes in, and no link is spent, where it cannot be written down", async () => {
  const link = await createSignInToken(db, "ann", "analyst", 10, ops);
  await sql`alter table audit_log rename to audit_log_away`.execute(db);
  await expect(signIn(link)).rejects.toThrow(/audit_log/);
  await sql`alter table audit_log_away rename to audit_log`.execute(db);
  expect(await db.selectFrom("sessions").select("token_hash").execute()).toEqual([]);
  expect(await peekSignInToken(db, link)).toMatchObject({ state: "valid" });
});
