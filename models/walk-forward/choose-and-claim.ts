import { showProgress } from "../../platform/process/progress.ts";
import { libraryVersions } from "../cli/arguments.ts";
import { countOf, type Look, lookNow, looksBefore, noteLook, type Stretch } from "../protocol/looks.ts";
import type { TrainedModel } from "../protocol/train.ts";
import { writeVersion } from "../registry.ts";
import type { ClaimOptions } from "./claim-of.ts";
import type { WalkRows } from "./field.ts";
import { describeWalk, type TableWords } from "./table.ts";
import { type Walk, walkForward } from "./walk.ts";

/** What is walked through, whatever its columns. */
export interface Walkable {
  readonly rows: WalkRows;
  readonly words: Pick<TableWords, "end" | "testStart" | "moment" | "before">;
  readonly stretch: Stretch & Pick<Look, "test_end">;
  readonly labelDelay: number;
  /** Text of schema.yaml beside a version of that name. */
  readonly schema: (name: string) => string;
  readonly claim: (
    walk: Walk,
    options: ClaimOptions & { readonly libraries: Readonly<Record<string, string>> },
  ) => Promise<TrainedModel>;
}

/** What the command was asked for. */
export interface Asked {
  /** Of the rows' field, simplest first. */
  readonly names: readonly string[];
  readonly seeds: number;
  readonly threads: number;
  /** What the version is called that the test stretch is opened for, and where it goes. */
  readonly claim: { readonly name: string; readonly registry: string; readonly again: boolean } | undefined;
}

/**
 * The command's work: the walk and its table; with a claim one look at the test stretch, which is noted first, and the
 * version written.
 *
 * @throws DomainError `conflict` for a second look that nobody asked for, before anything is fitted
 */
export async function chooseAndClaim(of: Walkable, { names, seeds, threads, claim }: Asked): Promise<void> {
  const { rows, words, stretch, labelDelay } = of;
  if (claim) await looksBefore(claim.registry, stretch, claim.again);
  const walking = showFits("walk forward");
  const walk = await walkForward(rows, { names, seeds, threads, labelDelay, done: walking.done });
  walking.stop();
  const { field } = rows;
  for (const line of describeWalk(walk, { ...words, field, labelDelay, seeds })) console.log(line);
  if (!claim) return;
  const looks = await noteLook(claim.registry, lookNow(stretch), claim.again);
  const claiming = showFits("claim");
  const { card, bytes } = await of.claim(walk, {
    ...{ name: claim.name, labelDelay, seeds, threads, looks, done: claiming.done },
    libraries: libraryVersions(),
  });
  claiming.stop();
  const written = await writeVersion(claim.registry, card, bytes, { schema: of.schema(claim.name) });
  for (const { name: what, protocol, value, low, high } of card.metrics) {
    if (what === "auprc") console.log(`claim: AUPRC ${value} (${low} to ${high}), ${protocol}`);
  }
  console.log(
    `looks at the test stretch: ${countOf(looks)}; wrote ${written.name}@${written.version} (${bytes.length} bytes)`,
  );
}

function showFits(what: string) {
  const started = performance.now();
  const progress = showProgress(what);
  return {
    stop: progress.stop,
    done(finished: number, of: number): void {
      const seconds = ((performance.now() - started) / 1_000 / finished) * (of - finished);
      progress.update(finished, of, `fits, about ${Math.ceil(seconds / 60)} min left`);
    },
  };
}
