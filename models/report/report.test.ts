import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type ModelCard, readModel, resolveModel } from "../../scorer/serving/registry.ts";
import { loadCsv } from "../data/csv.ts";
import type { Dataset } from "../data/dataset.ts";
import { takeDataset } from "../data/splits.ts";
import { syntheticCsv } from "../data/synthetic.ts";
import type { TierRow } from "../evaluate/tiers.ts";
import { exactMoney, money, price } from "../impact/money.ts";
import { registryRoot } from "../registry.ts";
import { judgedAs, measuredModel } from "../walk-forward/claim.ts";
import { paysecureData } from "./config.ts";
import { renderDocument } from "./document.tsx";
import { count, few, percent, percentInterval } from "./format.ts";
import { findingMore } from "./manager/money-range.ts";
import { sum } from "./manager/words.ts";
import { printPdf } from "./pdf.ts";
import { riskAnalysisCsv } from "./risk-analysis.ts";
import { type Study, study } from "./study.ts";

const file = join(paysecureData(), "creditcard-sample.csv.gz");

const EVERY = 5;

/** The first page of the report. */
const managerOf = (html: string): string =>
  html.slice(html.indexOf('<section class="manager">'), html.indexOf('<section class="summary">'));

/** All frauds and one legitimate row in five, which then stands for five times as many: a fifth of the work. */
function thinned(data: Dataset): Dataset {
  const rows = Int32Array.from({ length: data.rows }, (_, i) => i).filter(
    (i) => data.labels[i] === 1 || i % EVERY === 0,
  );
  const taken = takeDataset(data, rows);
  const weights = taken.weights.map((weight, i) => (taken.labels[i] === 1 ? weight : EVERY * weight));
  return { ...taken, weights, quality: { ...data.quality, rows: rows.length } };
}

describe.skipIf(!existsSync(file))(`the report on real data (${file})`, () => {
  let result: Study;
  let html: string;
  let refitted: boolean;
  const steps: string[] = [];

  beforeAll(async () => {
    const served = await readModel(registryRoot, await resolveModel(registryRoot, "champion"));
    const whole = await loadCsv(file);
    // As the command does: the served file has learned from the test rows since.
    const judged = await measuredModel(whole, served, 2);
    const model = judged === undefined ? served : judgedAs(served, judged);
    refitted = judged !== undefined;
    const data = thinned(whole);
    const step = (name: string) => {
      steps.push(name);
      return () => {};
    };
    result = await study(data, model, { seed: 42, threads: 2, others: [], step, draws: 100, repeats: 1 });
    html = renderDocument(result);
  }, 300_000);

  it("reproduces the original's results by its protocol", () => {
    const { forest, logistic, importance } = result.original;
    expect(forest.figures.auc.value).toBeGreaterThanOrEqual(0.999);
    expect(logistic.figures.auc.value).toBeGreaterThan(0.99);
    expect(importance.slice(0, 5).map((f) => f.feature)).toContain("V14");
    expect(result.original.syntheticTestRows).toBeGreaterThan(0.4 * result.original.testRows);
    expect(result.original.after.frauds).toBe(result.original.after.legitimate);
  });

  it("judges the champion on later time at the true base rate", () => {
    const { evaluation, warning } = result.honest;
    if (refitted)
      expect(warning).toContain("What later payments may bring is the walk forward's to say: AUPRC 0.");
    else expect(warning).toBeUndefined();
    expect(evaluation.frauds).toBe(87);
    expect(Math.abs(evaluation.transactions / 73_537 - 1)).toBeLessThan(0.03);
    const { low, high } = evaluation.figures.auprc;
    expect(low).toBeLessThan(evaluation.figures.auprc.value);
    expect(high).toBeGreaterThan(evaluation.figures.auprc.value);
  });

  it("has explanations that add up", () => {
    const { explanations } = result.honest;
    if ("unsupported" in explanations) throw new Error(explanations.unsupported);
    expect(explanations.rows).toBe(1_000);
    expect(explanations.largestGap).toBeLessThan(1e-4);
    expect(explanations.example?.reasons).toHaveLength(5);
  });

  it("has one number of frauds a day, that of the whole file, wherever a day is spoken of", () => {
    const { day } = result.exploration;
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    expect(day.frauds).toBeCloseTo(day.transactions * result.data.fraudRate, 6);
    expect(result.honest.evaluation.perDay!.frauds).toBe(day.frauds);
    expect(sum(result.honest.evaluation.perDay!.tiers.map((tier) => tier.frauds))).toBeCloseTo(day.frauds, 6);
    expect(sum(result.impact.impact.tiers.map((tier) => tier.frauds))).toBeCloseTo(day.frauds, 6);
    expect(sum(result.impact.impact.tiers.map((tier) => tier.fraudMoney))).toBeCloseTo(day.fraudAmount, 4);
    expect(html.includes(result.basis)).toBe(true);
  });

  it("begins with the manager's page, whose figures are the evaluation's", () => {
    const page = managerOf(html);
    expect(html.indexOf('class="manager"')).toBeLessThan(html.indexOf('class="summary"'));
    expect(page.match(/<h2|AUPRC|AUC/)).toBeNull();
    const { manager, honest, impact, card } = result;
    const { figures, perDay } = honest.evaluation;
    const [, , high, critical] = perDay!.tiers;
    const claim = card.metrics.find(({ protocol }) => protocol === "walk-forward")!;
    expect(manager.claim).toEqual({ value: claim.value, low: claim.low, high: claim.high });
    expect(manager.found.value).toBeCloseTo(high!.fraudShare + critical!.fraudShare, 9);
    expect(manager.looked.value).toBeCloseTo(perDay!.reviews, 6);
    expect(manager.honest.value).toBeCloseTo(perDay!.reviews - high!.frauds - critical!.frauds, 6);
    expect(manager.alerts[0]!.perDay).toBeCloseTo(perDay!.alerts, 6);
    expect(manager.alerts[0]!.fraud.value).toBeCloseTo(1 - perDay!.falseAlerts / perDay!.alerts, 9);
    expect(manager.money.net.value).toBeCloseTo(impact.impact.netBenefit, 3);
    expect(manager.money.stopped.value).toBeCloseTo(impact.impact.fraudsStoppedShare, 9);
    expect(manager.money.lossWith.value).toBeCloseTo(impact.impact.lossWith, 3);
    for (const figure of [manager.found, manager.looked, manager.honest, manager.money.net]) {
      expect(figure.low).toBeLessThan(figure.value);
      expect(figure.high).toBeGreaterThan(figure.value);
    }
    for (const written of [
      `<b>${claim.value.toFixed(2)}</b> (${claim.low!.toFixed(2)} to ${claim.high!.toFixed(2)})`,
      `<b>${figures.auprc.value.toFixed(2)}</b> (`,
      `${count(100 * manager.found.value)} of 100`,
      `${few(perDay!.reviews)} a day`,
      `${few(manager.honest.value)} a day`,
      `${sum(impact.impact.netBenefit)} a year`,
      `${sum(manager.money.net.low)} to ${sum(manager.money.net.high)}`,
      honest.evaluation.protocol,
      ...honest.cautions,
    ]) {
      expect(page.includes(written.replaceAll("'", "&#39;")), written).toBe(true);
    }
  });

  it("has three pictures on the manager's page, each with title, units, what to see, data and interval", () => {
    const pictures = managerOf(html).split('<div class="picture">').slice(1);
    expect(pictures).toHaveLength(3);
    const units = ["payments looked at a day", "of 100 alerts", "euros a year"];
    pictures.forEach((picture, p) => {
      const title = /<div class="title">([^<]+)</.exec(picture)![1]!;
      const see = /<\/span> <b>([^<]+)<\/b>/.exec(picture)![1]!;
      expect(picture).toContain(`role="img" aria-label="${title}. ${see}"`);
      expect(picture).toContain(`>${units[p]}</text>`);
      const caption = picture.slice(picture.indexOf("<figcaption>"));
      for (const said of ['class="tag', result.data.file, "87 frauds", "95 % interval"])
        expect(caption).toContain(said);
    });
    expect(pictures[0]).toContain("today: ");
  });

  it("prints the manager's part on one page, and the scientist's from the next", async () => {
    const pages = async (page: string): Promise<number> =>
      (await printPdf(page, "test", () => {})).toString("latin1").match(/\/Type \/Page\b/g)!.length;
    const end = html.indexOf('<section class="summary">');
    expect(await pages(`${html.slice(0, end)}</body></html>`)).toBe(1);
    // With one line of the scientist's part there are two.
    expect(await pages(`${html.slice(0, end)}<section class="summary">next</section></body></html>`)).toBe(2);
    // A file that the card does not name adds a warning.
    const unproven =
      "The data of this report is not the file that the card names: that the test rows are new to the model cannot be told.";
    const warned = renderDocument({ ...result, honest: { ...result.honest, unproven } });
    expect(managerOf(warned)).toContain(unproven);
    expect(await pages(`${warned.slice(0, warned.indexOf('<section class="summary">'))}</body></html>`)).toBe(
      1,
    );
  }, 60_000);

  it("claims on the scientist's first page what the reviews do, with the caution beside it", () => {
    const page = html.slice(html.indexOf('class="summary"'), html.indexOf("<h2>"));
    const { fraudsStoppedShare, moneySavedShare } = result.impact.impact;
    expect(page).toContain(`<b>${percent(fraudsStoppedShare, 0)} of the frauds</b>`);
    expect(page).toContain(`<b>${percent(moneySavedShare, 0)} of the money lost to fraud</b>`);
    // Beside the claim, whatever words the card has for it.
    const { cautions } = result.honest;
    expect(cautions).not.toEqual([]);
    for (const caution of cautions) expect(page).toContain(caution.slice(0, 60));
  });

  it("prints no interval of a share that is a point, and bounds a precision of 1 by what a row stands for", () => {
    const { precision, recall } = result.honest.evaluation.figures;
    expect(html).not.toMatch(/(\d\.\d+) \(\1 to \1\)/);
    const rows = recall.value * 87;
    if (precision.value === 1) expect(precision.low).toBeLessThan(0.05 ** (1 / rows));
    else expect(precision.high).toBeLessThan(1);
  });

  it("shows both business cases", () => {
    expect(result.original.publishedImpact.netBenefit).toBe(3_074_477_125);
    for (const published of [
      "€3,075,307,500.00",
      "€593,125.00",
      "€237,250.00",
      "€3,074,477,125.00",
      "518,352.31 %",
    ]) {
      expect(html.includes(published), published).toBe(true);
    }
    expect(html.includes(money(result.impact.impact.netBenefit))).toBe(true);
    // What is estimated is not written to the cent.
    expect(html.includes(exactMoney(result.impact.impact.netBenefit))).toBe(false);
    expect(html.includes("takes the balanced test set for one day of business")).toBe(true);
  });

  it("is one file that loads nothing, every figure and table labelled with its source", () => {
    for (const foreign of [/(src|href)\s*=\s*["']?(https?:)?\/\//, /<script|@import/, /url\((?!['"]?#)/]) {
      expect(html.match(foreign)?.[0]).toBeUndefined();
    }
    const captions = [...html.matchAll(/<(figcaption|caption)>(.*?)<\/\1>/gs)].map((match) => match[2]!);
    expect(captions.length).toBeGreaterThan(30);
    const untagged = captions.filter((caption) => !caption.includes('class="tag'));
    // The comparison of the two and the list of all records carry a tag a column or row instead.
    expect(untagged).toHaveLength(2);
    expect(html.match(/.{40}(NaN|undefined|\[object).{40}/)?.[0]).toBeUndefined();
  });

  it("draws every figure of the original's report", () => {
    for (const title of [
      "Class balance",
      "Transactions an hour, legitimate and fraud",
      "Correlations of the inputs and the class",
      "Class balance after SMOTE",
      "Ten most important features of the original's forest",
    ]) {
      expect(html.includes(`aria-label="${title}"`), title).toBe(true);
    }
  });

  it("says what it is doing", () => {
    expect(steps).toHaveLength(4);
  });
});

it("is refused before any work where the test rows hold too few frauds", async () => {
  const folder = await mkdtemp(join(tmpdir(), "report-"));
  try {
    const path = join(folder, "few.csv");
    await writeFile(path, syntheticCsv(2_000, 12));
    const model = await readModel(registryRoot, await resolveModel(registryRoot, "champion"));
    const step = () => {
      throw new Error("work was begun");
    };
    const options = { seed: 1, threads: 1, others: [], step };
    await expect(study(await loadCsv(path), model, options)).rejects.toThrow(
      "few.csv: 4 frauds among the test rows (100000 ≤ Time < 145000) are too few to judge a model",
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe("findingMore", () => {
  const tiers = (frauds: readonly number[]) =>
    frauds.map((n) => ({ transactions: n + 10, frauds: n, fraudAmount: 2 * n }) as TierRow);

  it("moves frauds and their money between Low and the tiers above, and no honest payment", () => {
    const moved = findingMore(tiers([20, 8, 24, 48]), { frauds: 0.4, money: 0.9 });
    expect(moved.map((tier) => tier.frauds)).toEqual([60, 4, 12, 24]);
    expect(moved.map((tier) => Math.round(tier.fraudAmount))).toEqual([20, 18, 54, 108]);
    expect(moved.every((tier) => tier.transactions - tier.frauds === 10)).toBe(true);
  });

  it("has a model that found none find them in the top tier", () => {
    const moved = findingMore(tiers([100, 0, 0, 0]), { frauds: 0.1, money: 0.1 });
    expect(moved.map((tier) => Math.round(tier.frauds))).toEqual([90, 0, 0, 10]);
  });
});

describe("risk_analysis.csv", () => {
  it("lists score, tier, prediction and truth, highest score first", () => {
    const thresholds: ModelCard["thresholds"] = { medium: 0.1, high: 0.3, critical: 0.7, fraud: 0.5 };
    const sample = { scores: Float64Array.of(0.05, 0.7, 0.5, 0.1), labels: Uint8Array.of(0, 1, 0, 0) };
    expect(riskAnalysisCsv(sample, thresholds)).toBe(
      "score,tier,prediction,actual\n0.700000,Critical,1,1\n0.500000,High,1,0\n0.100000,Medium,0,0\n0.050000,Low,0,0\n",
    );
  });
});

describe("figures in text", () => {
  it("are written the same way everywhere", () => {
    expect(count(1_234_567.4)).toBe("1,234,567");
    expect(exactMoney(-1_234.5)).toBe("−€1,234.50");
    expect([money(3_074_477_125), money(3_860_000), money(-618_000), money(950.4), money(-35)]).toEqual([
      "€3.07 bn",
      "€3.86 m",
      "−€618 k",
      "€950",
      "−€35",
    ]);
    expect([price(0.1), price(50), price(250_000)]).toEqual(["€0.10", "€50", "€250,000"]);
    expect([few(217.4), few(9.94), few(9.96), few(0.04), few(0)]).toEqual(["217", "9.9", "10", "0.0", "0"]);
    expect(percentInterval({ value: 0.83, low: 0.651, high: 1 })).toBe("83.0 % (65.1 to 100.0)");
    expect(percentInterval({ value: 2e-4, low: 1.1e-4, high: 3.4e-4 })).toBe("0.020 % (0.011 to 0.034)");
    expect([percent(0.825), percent(0.0003), percent(0), percent(0.0003, 2)]).toEqual([
      "82.5 %",
      "0.030 %",
      "0.0 %",
      "0.03 %",
    ]);
  });
});
