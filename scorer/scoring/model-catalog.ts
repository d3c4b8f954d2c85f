import { DomainError, type ErrorCode, messageOf } from "../../platform/process/errors.ts";
import type { Logger } from "../../platform/process/logger.ts";
import { readAliases, readModel, resolveModel } from "../serving/registry.ts";
import { readServingOrLast } from "../serving/state.ts";
import { ServedModel, type ServedModelOptions } from "./served-model.ts";

export const CHAMPION = "champion";

const MAX_RESOLVED = 1_000;

export interface ModelCatalogOptions extends ServedModelOptions {
  /** The registry's folder. */
  readonly root: string;
  /** Versions kept in memory beside those with traffic; the one unused longest goes first. */
  readonly maxExtraModels: number;
  readonly logger: Logger;
}

/**
 * The models in memory and who answers what. The registry on disk says which version is champion, challenger or
 * shadow; {@link refresh} follows it: load, verify, warm, swap, release. A version that cannot be loaded leaves the one
 * before it serving.
 */
export class ModelCatalog {
  readonly #options: ModelCatalogOptions;
  /** By "name@version"; least recently used first. */
  readonly #loaded = new Map<string, ServedModel>();
  readonly #loading = new Map<string, Promise<ServedModel>>();
  /** What references meant when last looked up; forgotten at every refresh. */
  readonly #resolved = new Map<string, string>();
  #champion: ServedModel | undefined;
  #challenger: ServedModel | undefined;
  #challengerShare = 0;
  #shadows: readonly ServedModel[] = [];
  #refreshing: Promise<void> = Promise.resolve();
  #lastTrouble = "";

  constructor(options: ModelCatalogOptions) {
    this.#options = options;
  }

  get root(): string {
    return this.#options.root;
  }

  /** The model that answers when nothing else is asked for. */
  get champion(): ServedModel | undefined {
    return this.#champion;
  }

  get challenger(): ServedModel | undefined {
    return this.#challenger;
  }

  /** Models that score along, to be compared. */
  get shadows(): readonly ServedModel[] {
    return this.#shadows;
  }

  /** "name@version" of everything in memory. */
  get loaded(): readonly string[] {
    return [...this.#loaded.keys()];
  }

  /** Whether some requests that name no model go to a challenger. */
  get splitsTraffic(): boolean {
    return this.#challenger !== undefined && this.#challengerShare > 0;
  }

  /** Champion or challenger for a request that names no model. @param position see `cardPosition` */
  pick(position: number): ServedModel | undefined {
    return position < this.#challengerShare && this.#challenger ? this.#challenger : this.#champion;
  }

  /** Loads what the registry says. @throws DomainError when there is no champion that can be served */
  async start(): Promise<ServedModel> {
    try {
      await this.#follow(true);
    } catch (error) {
      const why = `no champion can be loaded from ${this.#options.root}: ${withCauses(error)}`;
      throw new DomainError("unavailable", why, { cause: error });
    }
    return this.#champion as ServedModel;
  }

  /** Follows the registry; what goes wrong is logged once and leaves the models as they are. */
  refresh(): Promise<void> {
    this.#refreshing = this.#refreshing.then(() => this.#follow(false));
    return this.#refreshing;
  }

  /** The model already in memory for a reference as requests give it, or undefined. */
  peek(reference: string): ServedModel | undefined {
    if (reference === "" || reference === CHAMPION) return this.#champion;
    return this.#loaded.get(reference);
  }

  /**
   * The model for "", an alias, "name" or "name@version", loaded when it is not in memory yet.
   *
   * @throws DomainError `not_found` for an unknown one, `invalid_argument` when its files are broken, `internal` when
   *   the registry is, `unavailable` before {@link start}
   */
  async find(reference: string): Promise<ServedModel> {
    const here = this.peek(reference);
    if (here) return here;
    if (reference === "" || reference === CHAMPION) {
      throw new DomainError("unavailable", "no model is loaded yet", { retryAfterMs: 500 });
    }
    let id = this.#resolved.get(reference);
    if (id === undefined) {
      const { name, version } = await resolveModel(this.#options.root, reference).catch((error: unknown) => {
        // Whatever is wrong with the registry, the request is not to blame.
        throw forCallers(error, "internal", "the registry of models cannot be used");
      });
      id = `${name}@${version}`;
      if (this.#resolved.size < MAX_RESOLVED) this.#resolved.set(reference, id);
    }
    return await this.#load(id);
  }

  /** As {@link find}, retained: `release()` it. */
  async acquire(reference: string): Promise<ServedModel> {
    for (;;) {
      const model = await this.find(reference);
      // It may have been evicted between being loaded and getting here.
      if (!model.retired) return model.retain();
    }
  }

  /** The aliases that point at a model, read from the registry. */
  async aliasesOf(id: string): Promise<string[]> {
    const aliases = await readAliases(this.#options.root);
    return Object.entries(aliases)
      .filter(([, target]) => target === id)
      .map(([alias]) => alias);
  }

  /** Retires everything and waits until it is freed. */
  async close(): Promise<void> {
    await this.#refreshing;
    const models = [...this.#loaded.values()];
    this.#loaded.clear();
    this.#champion = undefined;
    this.#challenger = undefined;
    this.#shadows = [];
    for (const model of models) model.retire();
    await Promise.all(models.map((model) => model.freed));
  }

  async #follow(first: boolean): Promise<void> {
    const { root, logger } = this.#options;
    const troubles: string[] = [];
    this.#resolved.clear();
    const attempt = async <T>(what: string, run: () => Promise<T>): Promise<T | undefined> => {
      try {
        return await run();
      } catch (error) {
        if (first && what === CHAMPION) throw error;
        troubles.push(`${what}: ${withCauses(error)}`);
        return undefined;
      }
    };
    const before = this.#champion;
    const read = await attempt(CHAMPION, () => readServingOrLast(root));
    // What cannot be read leaves everything as it is.
    if (!read) return this.#complain(troubles);
    if (read.trouble !== undefined) troubles.push(read.trouble);
    const { state } = read;
    const champion = await attempt(CHAMPION, async () => {
      const { name, version } = await resolveModel(root, state.champion === "" ? CHAMPION : state.champion);
      return await this.#load(`${name}@${version}`);
    });
    if (champion) this.#champion = champion;
    const { challenger } = state;
    const challenging = challenger
      ? await attempt(`challenger ${challenger.model}`, () => this.find(challenger.model))
      : undefined;
    this.#challenger = challenging;
    this.#challengerShare = challenging && challenger ? challenger.share : 0;
    const shadows: ServedModel[] = [];
    for (const shadow of state.shadows) {
      const model = await attempt(`shadow ${shadow}`, () => this.find(shadow));
      if (model && model !== this.#champion) shadows.push(model);
    }
    this.#shadows = shadows;
    this.#evict();
    if (before && before !== this.#champion) {
      logger.info({ from: before.id, to: this.#champion?.id }, "champion swapped");
    }
    this.#complain(troubles);
  }

  /** Once for each new trouble. */
  #complain(troubles: readonly string[]): void {
    const { logger } = this.#options;
    const trouble = troubles.join("; ");
    if (trouble !== "" && trouble !== this.#lastTrouble) {
      logger.error({ serving: this.#champion?.id }, `models left as they are: ${trouble}`);
    }
    this.#lastTrouble = trouble;
  }

  async #load(id: string): Promise<ServedModel> {
    const loaded = this.#loaded.get(id);
    if (loaded) {
      this.#loaded.delete(id);
      this.#loaded.set(id, loaded);
      return loaded;
    }
    let loading = this.#loading.get(id);
    if (!loading) {
      loading = this.#open(id).finally(() => this.#loading.delete(id));
      this.#loading.set(id, loading);
    }
    return await loading;
  }

  async #open(id: string): Promise<ServedModel> {
    const [name = "", version = ""] = id.split("@");
    const stored = await readModel(this.#options.root, { name, version }).catch((error: unknown) => {
      throw forCallers(error, DomainError.from(error).code, `the files of model ${id} cannot be used`);
    });
    const model = await ServedModel.open(stored, this.#options, this.#champion);
    this.#loaded.set(id, model);
    this.#evict();
    return model;
  }

  #evict(): void {
    const kept = new Set([this.#champion, this.#challenger, ...this.#shadows]);
    const extra = [...this.#loaded.values()].filter((model) => !kept.has(model));
    // The newest of them has just been asked for.
    for (const model of extra.slice(
      0,
      Math.max(0, extra.length - Math.max(1, this.#options.maxExtraModels)),
    )) {
      this.#loaded.delete(model.id);
      model.retire();
    }
  }
}

/** A caller may have asked: what has a cause says its words too, paths and a library's, which are for the log. */
function forCallers(error: unknown, code: ErrorCode, message: string): unknown {
  if (error instanceof DomainError && error.cause === undefined) return error;
  return new DomainError(code, message, { cause: error });
}

/** For the log: the message with those of what caused it. */
function withCauses(error: unknown): string {
  const messages = [messageOf(error)];
  let cause = error instanceof Error ? error.cause : undefined;
  for (; cause !== undefined; cause = cause instanceof Error ? cause.cause : undefined) {
    messages.push(messageOf(cause));
  }
  return messages.join(": ");
}
