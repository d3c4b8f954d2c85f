import { money } from "../../impact/money.ts";
import { percent } from "../format.ts";

/** €5.18 m that no line breaks in two. */
export const sum = (value: number): string => unbroken(money(value));

/** 36 % that no line breaks in two. */
export const part = (share: number, digits = 0): string => unbroken(percent(share, digits));

function unbroken(text: string): string {
  return text.replaceAll(" ", "\u00a0");
}
