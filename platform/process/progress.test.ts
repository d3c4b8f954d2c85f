import { expect, test } from "vitest";
import { showProgress } from "./progress.ts";

test("without a terminal a run leaves a line for every tenth, and one for every new thing it counts", () => {
  const written: string[] = [];
  const out = { isTTY: false, write: (text: string) => written.push(text.trimEnd()) > 0 };
  const progress = showProgress("forest", out);
  for (let tree = 0; tree <= 200; tree++) progress.update(tree, 200);
  progress.update(1, 5, "calibration");
  progress.stop();
  expect(written).toHaveLength(12);
  expect(written[1]).toBe("forest: 20 of 200");
  expect(written.slice(-2)).toEqual(["forest: 200 of 200", "forest: 1 of 5 calibration"]);
});
