import { expect, test } from "vitest";
import { Places } from "./places.ts";

test("one caller gets its own places and no more, and leaves others theirs", () => {
  const places = new Places({ what: "live pages", each: 2, together: 3 });
  const leave = places.take("ann");
  places.take("ann");
  expect(() => places.take("ann")).toThrow("you have 2 live pages open at once");
  places.take("bob");
  expect(() => places.take("eve")).toThrow(expect.objectContaining({ retryAfterMs: 1_000 }));
  leave();
  leave();
  places.take("eve");
  expect(() => places.take("eve")).toThrow("too many live pages");
});
