import { TIER_POLICY } from "../domain/policy/decision-policy.ts";
import type { PolicyRule } from "../domain/policy/rules.ts";
import { byContextName } from "../domain/transaction.ts";
import { readyPolicy } from "../features/policy/compile.ts";
import { ListsInMemory } from "../features/policy/lists.ts";
import { addScore, type PaymentReader, paymentReads } from "../features/policy/variables.ts";
import { type Figure, median, meets, print } from "./report.ts";

/**
 * `npm run bench -- policy`: what one transaction costs a policy of fifty rules, from its values to the decision, and a
 * look-up in a list of 200,000. No scorer and no network: it is what deciding adds to an answer.
 */
const RULES = 50;
const PAYMENTS = 2_000;
const ROUNDS = process.argv.includes("--quick") ? 3 : 9;
const MOST_US = 50;

const CONDITIONS = [
  'currency == "EUR" && amount > 500.0 && country != "FR"',
  'tier == "low" && hour < 5 && channel == "online"',
  'in_list("cards", card_token)',
  'merchant_category in ["5411", "5812", "7995"] && probability > 0.05',
  'country in ["BE", "NL", "LU"] && !(channel == "chip" || channel == "contactless") && amount * 2 > 80',
];

const rules = Array.from({ length: RULES }, (_, i): PolicyRule => {
  const effect = i % 5 === 4 ? ({ kind: "review" } as const) : ({ kind: "raise", to: "verify" } as const);
  const when = CONDITIONS[i % CONDITIONS.length] as string;
  return { id: `rule-${i}`, name: `Rule ${i}`, when, effect, priority: i, enabled: true, reason: "" };
});
const lists = new ListsInMemory();
for (let i = 0; i < 200_000; i++) lists.add("cards", `tok_${i}`);

const payments = Array.from({ length: PAYMENTS }, (_, i): PaymentReader => {
  const texts = byContextName(({ column }) =>
    column === "country"
      ? (["FR", "BE", "DE"][i % 3] as string)
      : column === "channel"
        ? (["chip", "online"][i % 2] as string)
        : column === "merchant_category"
          ? (["5411", "5999"][i % 2] as string)
          : `tok_${i * 1_000}`,
  );
  return {
    amount: () => (i * 7.31) % 900,
    currency: () => (i % 4 === 0 ? "JPY" : "EUR"),
    eventTimeMs: () => 1.8e12 + i * 1e6,
    text: (name) => texts[name],
    fields: () => ({}),
    entities: () => ({}),
  };
});

const { compiled, uses } = await readyPolicy({ ...TIER_POLICY, version: "bench", rules }, { lists });
const read = paymentReads(uses);

/** Microseconds of computing a transaction: what else runs on this machine is not counted. */
function round(): number {
  const start = process.cpuUsage();
  for (const [i, payment] of payments.entries()) {
    const probability = Math.fround((i % 100) / 1_000);
    compiled.decide("low", addScore(read(payment), probability, "low", "bench@1"));
  }
  const { user, system } = process.cpuUsage(start);
  return (user + system) / PAYMENTS;
}

round();
const times = Array.from({ length: ROUNDS }, round);
const figure: Figure = {
  name: `a policy of ${RULES} rules, a transaction`,
  value: median(times),
  unit: "µs",
  atMost: MOST_US,
  note: `rounds ${times.map((time) => time.toFixed(1)).join(", ")}`,
};
print(figure);
process.exitCode = meets(figure) ? 0 : 1;
