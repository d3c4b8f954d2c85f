import { expect, test } from "vitest";
import { Alone } from "./alone.ts";

const tick = () => new Promise((resolve) => setImmediate(resolve));

test("who is alone waits for all others, and sends away who comes meanwhile", async () => {
  const places = new Alone();
  const [a, b] = [await places.enter(false), await places.enter(false)];
  let leave: (() => void) | null | undefined;
  const poison = places.enter(true).then((left) => {
    leave = left;
  });
  expect(await places.enter(false)).toBe(null);
  expect(await places.enter(true)).toBe(null);
  a?.();
  await tick();
  expect(leave).toBe(undefined);
  b?.();
  await poison;
  expect(await places.enter(false)).toBe(null);
  leave?.();
  const c = await places.enter(false);
  expect(c).toBeTypeOf("function");
  c?.();
  expect(await places.enter(true)).toBeTypeOf("function");
});
