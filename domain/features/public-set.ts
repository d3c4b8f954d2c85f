import { MAX_AMOUNT } from "../money.ts";
import { CONTRACT_INPUTS, contractField, MAX_TIME_S } from "../transaction.ts";
import type { ModelSchema } from "./definition.ts";

/** Whether a schema asks for nothing but what the contract has fields for, as it is: Time, V1…V28, Amount, in order. */
export function readsPublicSet({ fields, features, inputs, entities }: ModelSchema): boolean {
  return (
    Object.keys(features).length === 0 &&
    Object.values(entities).every(({ required }) => !required) &&
    Object.keys(fields).length === CONTRACT_INPUTS.length &&
    inputs.length === CONTRACT_INPUTS.length &&
    inputs.every((name, i) => name === contractField(CONTRACT_INPUTS[i] as string)) &&
    Object.entries(fields).every(([name, { required, min, max }]) => {
      const [least, most] = name === "time" ? [0, MAX_TIME_S] : name === "amount" ? [0, MAX_AMOUNT] : [];
      return (
        required &&
        (min === undefined || (least !== undefined && min <= least)) &&
        (max === undefined || (most !== undefined && max >= most))
      );
    })
  );
}
