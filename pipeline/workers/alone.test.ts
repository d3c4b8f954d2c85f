import { expect, test } from "vitest";
import { Alone } from "./alone.ts";

const tick = () => new Promise((resolve) => setImmediate(resolve));

test("who is alone waits for all others, and keeps them out, in the order they came", async () => {
  const places = new Alone();
  const seen: string[] = [];
  const enter = (name: string, alone = false) =>
    places.enter(alone).then((leave) => {
      seen.push(name);
      return leave;
    });
  const [a, b] = [await enter("a"), await enter("b")];
  const poison = enter("poison", true);
  const c = enter("c");
  await tick();
  expect(seen).toEqual(["a", "b"]);
  a();
  await tick();
  expect(seen).toEqual(["a", "b"]);
  b();
  const leave = await poison;
  await tick();
  expect(seen).toEqual(["a", "b", "poison"]);
  leave();
  (await c)();
  expect(seen).toEqual(["a", "b", "poison", "c"]);
});
