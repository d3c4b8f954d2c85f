import { showProgress } from "../../platform/process/progress.ts";
import { completeDataSet, DOWNLOADED, download } from "../data/download.ts";
import { runCommand } from "./arguments.ts";

const usage = `npm run data:download -- [--to ${DOWNLOADED}] [--url URL --sha256 HEX]
Fetches the complete ULB data set (144 MB; ODbL 1.0) and checks its hash. --url and --sha256 take a mirror's.`;

const options = {
  to: { type: "string", default: DOWNLOADED },
  url: { type: "string", default: completeDataSet.url },
  sha256: { type: "string", default: completeDataSet.sha256 },
} as const;

await runCommand(usage, options, async ({ values }) => {
  const progress = showProgress("creditcard.csv");
  const file = { url: values.url, sha256: values.sha256.toLowerCase(), bytes: completeDataSet.bytes };
  let fetched: boolean;
  try {
    fetched = await download(file, values.to, (received, total) =>
      progress.update(Math.round(received / 1e6), Math.round(total / 1e6), "MB"),
    );
  } finally {
    progress.stop();
  }
  console.log(
    `${values.to} ${fetched ? "fetched, its hash is right" : "is there already, its hash is right"}`,
  );
});
