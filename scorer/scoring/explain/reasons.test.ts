import { describe, expect, it } from "vitest";
import { reasonsOf, reasonVocabulary } from "./reasons.ts";

const features = [
  { name: "V14", transform: "identity" as const, input: "V14", center: 0.05, scale: 0.9 },
  { name: "Amount_log", transform: "log1p" as const, input: "Amount", center: Math.log1p(22), scale: 2.6 },
  { name: "hour", transform: "hour" as const, input: "Time", center: 15, scale: 8 },
];
const scale = (raw: readonly [number, number, number]) =>
  Float64Array.from([(raw[0] - 0.05) / 0.9, (Math.log1p(raw[1]) - Math.log1p(22)) / 2.6, (raw[2] - 15) / 8]);
const one = (index: number, raw: readonly [number, number, number], contribution = 0.2) => {
  const contributions = new Float64Array(3);
  contributions[index] = contribution;
  return reasonsOf(contributions, scale(raw), { features }, 1)[0]!;
};

describe("reasons", () => {
  it("say in plain words what was unusual and which way it pushed", () => {
    const low = one(0, [-6.2, 22, 15]);
    expect(low.code).toBe("V14_LOW");
    expect(low.value).toBeCloseTo(-6.2, 10);
    expect(low.text).toBe(
      "Behaviour component V14 (anonymised) is −6.20, far below the typical 0.05: raises the risk.",
    );
    expect(one(0, [0.1, 22, 15], -0.1).text).toBe(
      "Behaviour component V14 (anonymised) is 0.10, close to the typical 0.05: lowers the risk.",
    );
  });

  it("give amounts as amounts", () => {
    const high = one(1, [0, 1234.5, 15]);
    expect(high.code).toBe("AMOUNT_HIGH");
    expect(high.value).toBeCloseTo(1234.5, 8);
    expect(high.text).toBe("The amount of 1,234.50 is above the typical 22.00: raises the risk.");
    expect(one(1, [0, 0, 15]).code).toBe("AMOUNT_LOW");
  });

  it("read the hour around the clock", () => {
    const night = one(2, [0, 22, 3.2]);
    expect(night.code).toBe("HOUR_UNUSUAL");
    expect(night.text).toBe("Paid at 03:12, an unusual hour for payments: raises the risk.");
    expect(one(2, [0, 22, 16]).code).toBe("HOUR_USUAL");
    // 02:00 is eleven hours after a typical 15:00 by the clock, not thirteen before it.
    expect(one(2, [0, 22, 20]).code).toBe("HOUR_USUAL");
  });

  it("come strongest first, as many as asked for", () => {
    const contributions = Float64Array.from([0.1, -0.5, 0.3]);
    const names = (top?: number) =>
      reasonsOf(contributions, scale([0, 5, 9]), { features }, top).map((r) => r.feature);
    expect(names()).toEqual(["Amount_log", "hour", "V14"]);
    expect(names(2)).toEqual(["Amount_log", "hour"]);
  });

  it("use only codes of the published vocabulary", () => {
    const codes = new Set(reasonVocabulary().map((entry) => entry.code));
    expect(codes.size).toBe(reasonVocabulary().length);
    for (const raw of [
      [-6, 0, 3],
      [0, 22, 15],
      [4, 9e4, 23],
    ] as const) {
      for (const reason of reasonsOf(new Float64Array(3), scale(raw), { features }))
        expect(codes).toContain(reason.code);
    }
  });
});

it("a value that the model reads as it is comes back as it was given, and not as 32 bits scale it back", () => {
  const feature = { name: "count", transform: "identity" as const, input: "count", center: 47, scale: 21 };
  const scaled = Float32Array.of(Math.fround((0 - feature.center) / feature.scale));
  const card = { features: [feature], inputs: ["other", "count"] };
  const [back] = reasonsOf(Float64Array.of(1), scaled, card);
  const [given] = reasonsOf(Float64Array.of(1), scaled, card, 0, Float32Array.of(5, 0));
  expect(back!.value).not.toBe(0);
  expect(back!.value).toBeCloseTo(0, 4);
  expect(given!.value).toBe(0);
});
