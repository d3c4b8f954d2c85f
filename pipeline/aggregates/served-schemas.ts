import { join } from "node:path";
import type { RatesSource } from "../../domain/exchange.ts";
import { FeatureEngine } from "../../features/engine/engine.ts";
import { ChangedFiles } from "../../platform/process/changed-files.ts";
import { messageOf } from "../../platform/process/errors.ts";
import type { Logger } from "../../platform/process/logger.ts";
import { resolveModel } from "../../scorer/serving/registry.ts";
import { readModelSchema } from "../../scorer/serving/schema-file.ts";
import { readServingOrLast, SERVING_FILES } from "../../scorer/serving/state.ts";

/** How often the registry is looked at, milliseconds: as often as scorers do. */
const LOOK_EVERY_MS = 2_000;

/**
 * The schemas with aggregates of the models that serve: champion, challenger and shadows, as the registry's files say.
 * Follows them; what cannot be read leaves the schemas as they are, and is logged once.
 */
export class ServedSchemas {
  readonly #root: string;
  readonly #logger: Logger;
  readonly #rates: RatesSource | undefined;
  readonly #files: ChangedFiles;
  /** By "name@version"; undefined where a model has no schema, or none with aggregates. */
  #engines = new Map<string, FeatureEngine | undefined>();
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;
  #trouble = "";

  /**
   * @param root the registry's folder; one that is not there serves nothing
   * @param rates what the schemas' engines read amounts in other currencies by
   */
  constructor(root: string, logger: Logger, rates?: RatesSource) {
    this.#root = root;
    this.#logger = logger;
    this.#rates = rates;
    this.#files = new ChangedFiles(SERVING_FILES.map((file) => join(root, file)));
  }

  /** Never fails. */
  async engines(): Promise<readonly FeatureEngine[]> {
    const now = performance.now();
    if (now - this.#lookedAt > LOOK_EVERY_MS) {
      const first = this.#lookedAt === Number.NEGATIVE_INFINITY;
      this.#lookedAt = now;
      this.#looking = this.#look(first);
    }
    await this.#looking;
    return [...this.#engines.values()].filter((engine) => engine !== undefined);
  }

  async #look(first: boolean): Promise<void> {
    if (!(await this.#files.look()) && !first && this.#trouble === "") return;
    try {
      this.#engines = await this.#read();
      this.#complain("");
    } catch (error) {
      this.#complain(messageOf(error));
    }
  }

  async #read(): Promise<Map<string, FeatureEngine | undefined>> {
    const { champion, challenger, shadows } = (await readServingOrLast(this.#root)).state;
    const serving = [champion, challenger?.model ?? "", ...shadows].filter((model) => model !== "");
    const engines = new Map<string, FeatureEngine | undefined>();
    for (const reference of serving) {
      const version = await resolveModel(this.#root, reference);
      const id = `${version.name}@${version.version}`;
      if (engines.has(id)) continue;
      // What a version is never changes.
      engines.set(id, this.#engines.has(id) ? this.#engines.get(id) : await this.#engineOf(version));
    }
    return engines;
  }

  async #engineOf(version: { readonly name: string; readonly version: string }) {
    const schema = await readModelSchema(this.#root, version);
    const engine = schema && new FeatureEngine(schema, this.#rates ? { rates: this.#rates } : {});
    return engine && engine.streams.length > 0 ? engine : undefined;
  }

  #complain(trouble: string): void {
    if (trouble !== "" && trouble !== this.#trouble) {
      this.#logger.error(
        { trouble },
        "the schemas of the models that serve cannot be read: aggregates as before",
      );
    }
    this.#trouble = trouble;
  }
}
