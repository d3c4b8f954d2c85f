import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { profileSchema } from "../../pipeline/simulator/profile-schema.ts";
import { projectRoot } from "../../platform/process/config.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { runCommand } from "../cli/arguments.ts";
import { loadCsv } from "../data/csv.ts";
import { FIT_DEFAULTS, fitProfile } from "./fit.ts";
import { readVolume } from "./volume.ts";

const usage = `npm run simulator:fit -- --data FILE.csv[.gz] --volume FILE.csv[.gz] [--out FILE.json]
  --data     labelled transactions (Time,V1…V28,Amount,Class[,Weight])
  --volume   Time,Amount,Class of the full data: its volume by hour
  --out      default pipeline/simulator/profile.json`;

const options = {
  data: { type: "string" },
  volume: { type: "string" },
  out: { type: "string", default: join(projectRoot, "pipeline/simulator/profile.json") },
} as const;

await runCommand(usage, options, async ({ values }) => {
  if (values.data === undefined || values.volume === undefined) {
    throw new DomainError("invalid_argument", `--data and --volume are needed\n${usage}`);
  }
  const [data, volume] = await Promise.all([loadCsv(values.data), readVolume(values.volume)]);
  const profile = profileSchema.parse({
    schema: 1,
    about:
      "Statistics of the ULB credit-card transactions (September 2013, ODbL 1.0), Time < 145,000 s, fitted by " +
      "models/simulator. All labelled rows are used, also those that models are tested on: for traffic that looks " +
      "real, not for measuring a model.",
    data: { [basename(values.data)]: data.sha256, [basename(values.volume)]: volume.sha256 },
    seed: FIT_DEFAULTS.seed,
    ...fitProfile(data, volume),
  });
  const text = `${JSON.stringify(profile)}\n`;
  await writeFile(values.out, text);
  const count = (kind: "legitimate" | "fraud"): string =>
    `${profile[kind].rows} ${kind} rows in ${profile[kind].components.length} components`;
  console.log(
    `${values.out}: ${(text.length / 1_000).toFixed(0)} kB; ${count("legitimate")}, ${count("fraud")}`,
  );
});
