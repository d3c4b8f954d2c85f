import { DomainError } from "../../platform/errors.ts";
import { readAliases, readModel, resolveModel } from "../../platform/model-registry.ts";
import { ServedModel, type ServedModelOptions } from "./served-model.ts";

export const CHAMPION = "champion";

export interface ModelCatalogOptions extends ServedModelOptions {
  /** The registry's folder. */
  readonly root: string;
  /** Versions kept in memory beside the champion; the one unused longest goes first. */
  readonly maxExtraModels: number;
}

/** The models in memory, by the names that requests use. The registry on disk says what a name means. */
export class ModelCatalog {
  readonly #options: ModelCatalogOptions;
  /** By "name@version"; least recently used first. */
  readonly #loaded = new Map<string, ServedModel>();
  readonly #loading = new Map<string, Promise<ServedModel>>();
  #champion: ServedModel | undefined;

  constructor(options: ModelCatalogOptions) {
    this.#options = options;
  }

  /** The model that answers when nothing else is asked for. */
  get champion(): ServedModel | undefined {
    return this.#champion;
  }

  /** Loads the champion, verified and warm. Call before the server says it is serving. */
  async start(): Promise<ServedModel> {
    const version = await resolveModel(this.#options.root, CHAMPION);
    this.#champion = await this.#load(`${version.name}@${version.version}`);
    return this.#champion;
  }

  /** The model already in memory for a reference as requests give it, or undefined. */
  peek(reference: string): ServedModel | undefined {
    if (reference === "" || reference === CHAMPION) return this.#champion;
    return this.#loaded.get(reference);
  }

  /**
   * The model for "", an alias, "name" or "name@version", loaded when it is not in memory yet.
   *
   * @throws DomainError `not_found` for an unknown one, `invalid_argument` when its files are broken,
   *   `unavailable` before {@link start}
   */
  async find(reference: string): Promise<ServedModel> {
    const here = this.peek(reference);
    if (here) return here;
    if (reference === "" || reference === CHAMPION) {
      throw new DomainError("unavailable", "no model is loaded yet", { retryAfterMs: 500 });
    }
    const { name, version } = await resolveModel(this.#options.root, reference);
    return await this.#load(`${name}@${version}`);
  }

  /** The aliases that point at a model, read from the registry. */
  async aliasesOf(model: ServedModel): Promise<string[]> {
    const aliases = await readAliases(this.#options.root);
    return Object.entries(aliases)
      .filter(([, target]) => target === model.id)
      .map(([alias]) => alias);
  }

  /** Retires everything. */
  async close(): Promise<void> {
    const models = [...this.#loaded.values()];
    this.#loaded.clear();
    this.#champion = undefined;
    for (const model of models) model.retire();
    await Promise.all(models.map((model) => model.freed));
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
    const stored = await readModel(this.#options.root, { name, version });
    const model = await ServedModel.open(stored, this.#options);
    this.#loaded.set(id, model);
    this.#evict();
    return model;
  }

  #evict(): void {
    const extra = [...this.#loaded.values()].filter((model) => model !== this.#champion);
    for (const model of extra.slice(0, Math.max(0, extra.length - this.#options.maxExtraModels))) {
      this.#loaded.delete(model.id);
      model.retire();
    }
  }
}
