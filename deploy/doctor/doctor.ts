import { parseArgs } from "node:util";
import { messageOf } from "../../platform/process/errors.ts";
import { examine } from "./examine.ts";
import { written } from "./finding.ts";

/**
 * `npm run doctor [-- --json]`: everything that a start would need, and how to mend what is not so. Exits with 1 where
 * something keeps a start from working.
 */
try {
  const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });
  const findings = await examine();
  const faulty = findings.some(({ state }) => state === "fault");
  process.stdout.write(
    values.json ? `${JSON.stringify({ ok: !faulty, findings }, null, 2)}\n` : written(findings),
  );
  process.exitCode = faulty ? 1 : 0;
} catch (error) {
  process.stderr.write(`${messageOf(error)}\nnpm run doctor [-- --json]\n`);
  process.exitCode = 2;
}
