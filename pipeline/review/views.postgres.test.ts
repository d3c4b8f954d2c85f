import type { Kysely } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { MOST_SHARED_VIEWS, MOST_VIEWS, type SavedQuery } from "../../domain/queue-views.ts";
import type { Database } from "../store/schema.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import {
  deleteView,
  keepColumns,
  readPersonalQueue,
  renameView,
  saveView,
  setViewColumns,
  shareView,
  updateView,
  type ViewPerson,
} from "./views.ts";

let store: TestStore;
let db: Kysely<Database>;
let ann: ViewPerson;
let bob: ViewPerson;
let lea: ViewPerson;
let lou: ViewPerson;

const QUERY: SavedQuery = { show: "free", tier: "critical", order: "due", columns: ["amount", "due"] };

beforeAll(async () => {
  store = await openTestStore();
  db = store.db;
});
afterAll(() => store?.close());
beforeEach(async () => {
  await db.deleteFrom("users").execute();
  const person = async (name: string, leads: boolean): Promise<ViewPerson> => {
    const { user_id: userId } = await db
      .insertInto("users")
      .values({ name, role: leads ? "lead" : "analyst" })
      .returning("user_id")
      .executeTakeFirstOrThrow();
    return { userId, leads };
  };
  ann = await person("ann", false);
  bob = await person("bob", false);
  lea = await person("lea", true);
  lou = await person("lou", true);
});

const namesFor = async (who: ViewPerson | null): Promise<string[]> =>
  (await readPersonalQueue(db, who?.userId ?? null)).views.map(({ name }) => name);

test("a view is its owner's until a lead shares it; then everybody sees it, and leads alone change it", async () => {
  const own = await saveView(db, ann, { name: "  Mine first ", query: QUERY });
  const leads = await saveView(db, lea, { name: "For all", query: QUERY });
  expect([await namesFor(ann), await namesFor(bob), await namesFor(null)]).toEqual([["Mine first"], [], []]);
  // What is another's is not there, for leads either.
  for (const other of [bob, lea]) {
    await expect(renameView(db, other, own, "x")).rejects.toMatchObject({ code: "not_found" });
    await expect(updateView(db, other, own, QUERY)).rejects.toMatchObject({ code: "not_found" });
    await expect(shareView(db, other, own, true)).rejects.toMatchObject({ code: "not_found" });
    await expect(deleteView(db, other, own)).rejects.toMatchObject({ code: "not_found" });
  }
  await expect(shareView(db, ann, own, true)).rejects.toMatchObject({ code: "permission_denied" });
  await expect(saveView(db, ann, { name: "y", query: QUERY, shared: true })).rejects.toMatchObject({
    code: "permission_denied",
  });

  await shareView(db, lea, leads, true);
  expect([await namesFor(ann), await namesFor(bob), await namesFor(null)]).toEqual([
    ["Mine first", "For all"],
    ["For all"],
    ["For all"],
  ]);
  expect((await readPersonalQueue(db, bob.userId)).views[0]).toEqual({
    id: leads,
    name: "For all",
    shared: true,
    ownerId: lea.userId,
    ownerName: "lea",
    saved: QUERY,
  });
  for (const act of [
    () => renameView(db, ann, leads, "x"),
    () => updateView(db, ann, leads, QUERY),
    () => shareView(db, ann, leads, false),
    () => deleteView(db, ann, leads),
  ]) {
    await expect(act()).rejects.toMatchObject({ code: "permission_denied" });
  }
  // Another lead names it anew and takes it back: then it is lea's alone again.
  await renameView(db, lou, leads, "For everybody");
  await shareView(db, lou, leads, false);
  expect([await namesFor(lea), await namesFor(lou)]).toEqual([["For everybody"], []]);
  await expect(deleteView(db, lou, leads)).rejects.toMatchObject({ code: "not_found" });
  await deleteView(db, lea, leads);
  expect(await namesFor(lea)).toEqual([]);
});

test("who no longer leads does not change what everybody sees, also where it was theirs", async () => {
  const id = await saveView(db, lea, { name: "Shared", query: QUERY, shared: true });
  const before: ViewPerson = { ...lea, leads: false };
  await expect(renameView(db, before, id, "x")).rejects.toMatchObject({ code: "permission_denied" });
  await expect(deleteView(db, before, id)).rejects.toMatchObject({ code: "permission_denied" });
});

test("a name is storable text of 1 to 60 characters without a card number, once for its owner", async () => {
  for (const name of [
    "",
    "   ",
    "x".repeat(61),
    "a\0b",
    "half \ud800",
    "two\nlines",
    "4111 1111 1111 1111",
  ]) {
    await expect(saveView(db, ann, { name, query: QUERY }), JSON.stringify(name)).rejects.toMatchObject({
      code: "invalid_argument",
      violations: [{ field: "name" }],
    });
  }
  await saveView(db, ann, { name: "🦉".repeat(60), query: QUERY });
  const id = await saveView(db, ann, { name: "Großes", query: QUERY });
  const other = await saveView(db, ann, { name: "Other", query: QUERY });
  for (const name of ["GROßES", "großes", " Großes "]) {
    await expect(saveView(db, ann, { name, query: { ...QUERY, order: "score" } })).rejects.toMatchObject({
      code: "conflict",
    });
    await expect(renameView(db, ann, other, name)).rejects.toMatchObject({ code: "conflict" });
  }
  // The same in other letters is still hers to have.
  await renameView(db, ann, id, "GROßES");
  // Another person's is another's.
  await saveView(db, bob, { name: "Großes", query: QUERY });
});

test("the same view sent twice at once is saved once, and of two others of one name one is", async () => {
  const twice = await Promise.all([1, 2, 3].map(() => saveView(db, ann, { name: "Twice", query: QUERY })));
  expect(new Set(twice).size).toBe(1);
  const differently = await Promise.allSettled(
    (["due", "score", "oldest"] as const).map((order) =>
      saveView(db, ann, { name: "Which", query: { ...QUERY, order } }),
    ),
  );
  expect(differently.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const lost of differently.filter((each) => each.status === "rejected")) {
    expect(lost.reason).toMatchObject({ code: "conflict" });
  }
  expect(await namesFor(ann)).toEqual(["Twice", "Which"]);
  // Two renamed at once to one name, too.
  const [first, second] = (await readPersonalQueue(db, ann.userId)).views.map(({ id }) => id);
  const renamed = await Promise.allSettled([
    renameView(db, ann, first!, "One"),
    renameView(db, ann, second!, "ONE"),
  ]);
  expect(renamed.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("nobody has more than thirty, and no more are shared, however many are saved at once", async () => {
  const many = await Promise.allSettled(
    Array.from({ length: MOST_VIEWS + 5 }, (_, at) =>
      saveView(db, lea, { name: `View ${at}`, query: QUERY }),
    ),
  );
  expect(many.filter(({ status }) => status === "fulfilled")).toHaveLength(MOST_VIEWS);
  // The columns of one's own are no view.
  await keepColumns(db, ann.userId, ["amount"]);
  for (let at = 0; at < MOST_VIEWS; at++) await saveView(db, ann, { name: `View ${at}`, query: QUERY });
  await expect(saveView(db, ann, { name: "more", query: QUERY })).rejects.toMatchObject({ code: "conflict" });

  const { views } = await readPersonalQueue(db, lea.userId);
  const last = views.at(-1)!.id;
  for (const { id } of views.slice(0, -1)) await shareView(db, lea, id, true);
  const racing = await Promise.allSettled([
    saveView(db, lou, { name: "Lou's", query: QUERY, shared: true }),
    shareView(db, lea, last, true),
  ]);
  expect(racing.filter(({ status }) => status === "fulfilled")).toHaveLength(
    MOST_SHARED_VIEWS - (MOST_VIEWS - 1),
  );
});

test("columns stay with the person, are changed in a view, and go with the account", async () => {
  const columnsOf = async (who: ViewPerson) => (await readPersonalQueue(db, who.userId)).columns;
  expect(await columnsOf(ann)).toBeNull();
  await Promise.all([
    keepColumns(db, ann.userId, ["amount", "tier"]),
    keepColumns(db, ann.userId, ["tier", "amount"]),
  ]);
  await keepColumns(db, ann.userId, ["holder", "card"]);
  expect([await columnsOf(ann), await columnsOf(bob)]).toEqual([["holder", "card"], null]);
  const id = await saveView(db, ann, { name: "With columns", query: QUERY });
  await setViewColumns(db, ann, id, ["merchant"]);
  expect((await readPersonalQueue(db, ann.userId)).views[0]?.saved).toEqual({
    ...QUERY,
    columns: ["merchant"],
  });
  await keepColumns(db, ann.userId, null);
  expect(await columnsOf(ann)).toBeNull();
  await keepColumns(db, ann.userId, ["amount"]);
  await db.deleteFrom("users").where("user_id", "=", ann.userId).execute();
  expect(await db.selectFrom("queue_views").select("view_id").execute()).toEqual([]);
});
