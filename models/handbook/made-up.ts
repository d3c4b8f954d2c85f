import { Random } from "../../platform/math/random.ts";

/**
 * A file of made-up payments with the Handbook's three patterns, for tests: amounts over 220; a terminal compromised for
 * 28 days; a customer compromised for 14 days, a third of the payments at five times the amount. Some two payments a
 * customer and day, from 2018-04-01 on.
 *
 * @returns CSV with the columns of the Handbook's file
 */
export function madeUpPayments(days: number, { customers = 150, terminals = 200, seed = 1 } = {}): string {
  const random = new Random(seed);
  const usual = Array.from({ length: customers }, () => 5 + 95 * random.next());
  const badTerminals = new Map<number, number>();
  const badCustomers = new Map<number, number>();
  const start = Date.UTC(2018, 3, 1);
  const lines = ["transaction_id,event_time,customer_id,terminal_id,amount,is_fraud,scenario"];
  let id = 0;
  for (let day = 0; day < days; day++) {
    if (day % 2 === 0) badTerminals.set(random.int(terminals), day + 28);
    badCustomers.set(random.int(customers), day + 14);
    const seconds = Array.from({ length: customers * 2 }, () => random.int(86_400)).sort((a, b) => a - b);
    for (const second of seconds) {
      const customer = random.int(customers);
      const terminal = random.int(terminals);
      const mean = usual[customer]!;
      let amount = Math.abs(mean + (mean / 2) * random.normal());
      let scenario = amount > 220 ? 1 : 0;
      if ((badTerminals.get(terminal) ?? 0) > day) scenario = 2;
      if ((badCustomers.get(customer) ?? 0) > day && random.next() < 1 / 3) {
        amount *= 5;
        scenario = 3;
      }
      const time = new Date(start + day * 86_400_000 + second * 1_000).toISOString().slice(0, 19);
      lines.push(
        `${id++},${time},${customer},${terminal},${amount.toFixed(2)},${Number(scenario > 0)},${scenario}`,
      );
    }
  }
  return `${lines.join("\n")}\n`;
}
