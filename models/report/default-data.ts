import { existsSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../platform/process/config.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { DOWNLOADED } from "../data/download.ts";
import { paysecureData } from "./config.ts";

/**
 * The labelled transactions to report on when none are named: the sample in PAYSECURE_DATA, else the public set as
 * `npm run data:download` leaves it.
 *
 * @param folder where the sample lies
 * @param root the project's folder
 * @throws DomainError `invalid_argument` when neither is there, saying how to come by them
 */
export function defaultData(folder = paysecureData(), root = projectRoot): string {
  const places = [join(folder, "creditcard-sample.csv.gz"), join(root, DOWNLOADED)];
  const found = places.find((place) => existsSync(place));
  if (found !== undefined) return found;
  throw new DomainError(
    "invalid_argument",
    `no labelled transactions: ${places.join(" and ")} are not there. npm run data:download fetches the public data set; --data names a file of your own`,
  );
}
