import { expect, test } from "vitest";
import { Gauge } from "./gauge.tsx";

const drawn = (edges: Parameters<typeof Gauge>[0]["edges"]): string =>
  String(Gauge({ probability: 0.25, tier: "high", edges }));
const labels = (svg: string): string[] =>
  [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, label]) => label as string);

test("the gauge has the edges of the model that scored, and lights the tier that it said", () => {
  const svg = drawn({ medium: 0.05, high: 0.2, critical: 0.9 });
  expect(labels(svg)).toEqual(["0", "0.05", "0.2", "0.9", "1"]);
  expect(svg).toMatch(/data-tier="high" x="20.00%"[^>]*width="70.00%"[^>]*opacity="1"/);
  expect(svg.match(/opacity="1"/g)).toHaveLength(1);
});

test("without the edges none are made up: the bar reaches as far as the probability", () => {
  const svg = drawn(null);
  expect(labels(svg)).toEqual(["0", "1"]);
  expect(svg).toMatch(/data-tier="high" x="0.00%"[^>]*width="25.00%"/);
  expect(svg).not.toMatch(/data-tier="(low|medium|critical)"/);
});
