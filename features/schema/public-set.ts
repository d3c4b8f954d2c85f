import { CONTRACT_INPUTS, contractField } from "../../domain/transaction.ts";

/**
 * schema.yaml of a model that reads the public data set's Time, V1…V28 and Amount, and nothing else: what every such
 * model is described by, whoever trains it.
 *
 * @param name as schemas are named
 * @param currency ISO 4217: what its amounts are in
 */
export function publicSetSchema(name: string, currency: string): string {
  const fields = CONTRACT_INPUTS.map((input) => {
    const field = contractField(input);
    if (field === "amount") return `  amount: { type: number, unit: ${currency}, min: 0 }`;
    return field === "time"
      ? "  time: { type: number, unit: s, min: 0 } # the hour of the day is (time mod 86,400) / 3,600"
      : `  ${field}: { type: number }`;
  });
  return `# The public data set's payments: V1…V28 are its anonymised components.
schema: 1
name: ${name}
currency: ${currency} # a payment in another currency is converted by the operator's rates, or refused
fields:
${fields.join("\n")}
inputs:
  - time
  - ${CONTRACT_INPUTS.slice(1, -1).map(contractField).join("\n  - ")}
  - amount
`;
}
