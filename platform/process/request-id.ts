import { randomUUID } from "node:crypto";
import { containsPan } from "../../domain/pan.ts";

const SHAPE = /^[A-Za-z0-9._:=-]{1,64}$/;

/**
 * The id that a call goes by in answers and logs: the caller's own (`x-request-id`) when it is short, plain and no card
 * number, else a new UUID.
 *
 * @param given what the caller sent, unchecked
 */
export function requestIdOf(given: unknown): string {
  return typeof given === "string" && SHAPE.test(given) && !containsPan(given) ? given : randomUUID();
}
