import { z } from "zod";
import { messageOf } from "../process/errors.ts";
import { readAllowed } from "./addresses.ts";

/** `OUTGOING_ALLOW`: the places inside one's own network that messages may leave for; none when unset. */
export const outgoingAllow = z
  .string()
  .default("")
  .transform((text, context) => {
    try {
      return readAllowed(text);
    } catch (error) {
      context.addIssue({ code: "custom", message: messageOf(error) });
      return z.NEVER;
    }
  });
