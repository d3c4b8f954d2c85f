import { createTransport } from "nodemailer";
import { codeOf } from "../../platform/process/errors.ts";
import { type Finding, fault, ok } from "./finding.ts";

const PATIENCE_MS = 5_000;

/** Whether the mail server greets us and lets us in; no letter is sent. */
export async function checkMail(url: string): Promise<Finding> {
  const transport = createTransport({
    url,
    connectionTimeout: PATIENCE_MS,
    greetingTimeout: PATIENCE_MS,
    socketTimeout: PATIENCE_MS,
  });
  try {
    await transport.verify();
    return ok("mail", "the server of SMTP_URL greets us and lets us in");
  } catch (error) {
    return fault(
      "mail",
      `the server of SMTP_URL does not take us (${codeOf(error)})`,
      "host, port, user and password of SMTP_URL",
    );
  } finally {
    transport.close();
  }
}
