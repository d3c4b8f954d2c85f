import { messageOf } from "../../platform/process/errors.ts";
import { listVersions, readModel, resolveModel } from "../../scorer/serving/registry.ts";
import { readServing, readServingHistory } from "../../scorer/serving/state.ts";
import { type Finding, fault, ok } from "./finding.ts";

/** Every model file against the hash of its card, who serves, and the history of that. */
export async function checkRegistry(root: string): Promise<Finding[]> {
  const what = "models";
  const mend = `put the files back from a backup, or take the version out of ${root}`;
  const findings: Finding[] = [];
  try {
    const versions = await listVersions(root);
    for (const version of versions) {
      try {
        await readModel(root, version);
      } catch (error) {
        findings.push(fault(what, messageOf(error), mend));
      }
    }
    const { champion, challenger, shadows } = await readServing(root);
    for (const model of [champion, challenger?.model, ...shadows]) {
      if (model === undefined) continue;
      try {
        await resolveModel(root, model);
      } catch (error) {
        findings.push(
          fault(what, `serving.json: ${messageOf(error)}`, "npm run models -- promote NAME@VERSION"),
        );
      }
    }
    await readServingHistory(root);
    if (findings.length === 0)
      findings.push(ok(what, `${versions.length} versions fit their cards, ${champion} is champion`));
  } catch (error) {
    findings.push(fault(what, messageOf(error), mend));
  }
  return findings;
}
