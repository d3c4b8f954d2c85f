import { DomainError } from "../../platform/process/errors.ts";
import { showProgress } from "../../platform/process/progress.ts";
import { oneFile, runCommand, wholeNumber } from "../cli/arguments.ts";
import { BEST, CANDIDATES } from "./best.ts";
import { CHOICE_STARTS, choose, type Judged, judgeCandidates, mean } from "./choose.ts";

const usage = `npm run handbook:choose -- FILE.csv[.gz] [options]
  --only TEXT  candidates with this in their name; without it all of them, and the choice
  --seed 42  --threads 2
Judges what best may be on the starts ${CHOICE_STARTS.join(", ")} and no later one (docs/handbook.md).`;

const options = {
  only: { type: "string", default: "" },
  seed: { type: "string", default: "42" },
  threads: { type: "string", default: "2" },
} as const;

await runCommand(
  usage,
  options,
  async ({ values, positionals }) => {
    const file = oneFile(positionals, "npm run handbook:choose -- FILE.csv[.gz]");
    const candidates = CANDIDATES.filter(({ name }) => name.includes(values.only));
    if (candidates.length === 0) {
      const names = CANDIDATES.map(({ name }) => name).join("; ");
      throw new DomainError(
        "invalid_argument",
        `--only ${values.only}: no candidate has that in its name: ${names}`,
      );
    }
    const progress = showProgress("fits");
    const judged = await judgeCandidates(
      file,
      CHOICE_STARTS,
      candidates,
      {
        seed: wholeNumber("seed", values.seed),
        threads: wholeNumber("threads", values.threads, 1),
        progress: progress.update,
      },
      (one) => console.log(line(one)),
    );
    progress.stop();
    const { chosen, standings } = choose(judged);
    console.log("\nbehind the highest mean AP, with its standard error over the starts");
    for (const { candidate, behind, error } of standings) {
      console.log(`  ${candidate.name.padEnd(44)} ${behind.toFixed(4)} ± ${error.toFixed(4)}`);
    }
    console.log(
      `the simplest within one standard error: ${chosen.candidate.name} (the command has: ${BEST.name})`,
    );
  },
  { allowPositionals: true },
);

function line({ candidate, figures }: Judged): string {
  const each = figures.map(({ ap }) => ap.toFixed(3)).join(" ");
  const of = (name: "ap" | "auc" | "cp100") => mean(figures.map((one) => one[name])).toFixed(4);
  return `${candidate.name.padEnd(44)} AP ${of("ap")} (${each})  AUC ${of("auc")}  CP@100 ${of("cp100")}`;
}
