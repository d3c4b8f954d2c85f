import type { Actor } from "../../domain/actors.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { Logger } from "../../platform/process/logger.ts";
import { CHAMPION, type ModelCatalog } from "../scoring/model-catalog.ts";
import type { ServedModel } from "../scoring/served-model.ts";
import { type ModelRole, requireFit } from "../serving/gate.ts";
import { edgeRows, requireProbabilities } from "../serving/probes.ts";
import { type ChangeRequest, promoteModel, type RoleChange, rollBackModel } from "../serving/promotion.ts";
import {
  listVersions,
  type ModelVersion,
  readModel,
  resolveModel,
  type StoredModel,
} from "../serving/registry.ts";
import { changeServing, MAX_SHADOWS, readServing, type ServingRequest } from "../serving/state.ts";

/** One version of the registry and its part in serving. */
export interface ModelState {
  readonly id: string;
  readonly loaded: boolean;
  readonly champion: boolean;
  readonly challengerShare: number;
  readonly shadow: boolean;
  readonly aliases: readonly string[];
  readonly trainedAt: Date | undefined;
  readonly sha256: string;
}

/** Changes what is served: first tried, then written down, then done. Changes follow one another. */
export class ModelAdministration {
  readonly #catalog: ModelCatalog;
  readonly #logger: Logger;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(catalog: ModelCatalog, logger: Logger) {
    this.#catalog = catalog;
    this.#logger = logger;
  }

  async list(): Promise<ModelState[]> {
    const versions = await listVersions(this.#catalog.root);
    return await Promise.all(versions.map(({ name, version }) => this.state(`${name}@${version}`)));
  }

  async state(id: string): Promise<ModelState> {
    const catalog = this.#catalog;
    const [name = "", version = ""] = id.split("@");
    const aliases = await catalog.aliasesOf(id);
    const stored = await readModel(catalog.root, { name, version }).catch(() => undefined);
    const { challenger } = await readServing(catalog.root);
    return {
      id,
      loaded: catalog.loaded.includes(id),
      champion: catalog.champion?.id === id,
      challengerShare: catalog.challenger?.id === id ? (challenger?.share ?? 0) : 0,
      shadow: catalog.shadows.some((shadow) => shadow.id === id),
      aliases,
      trainedAt: stored ? new Date(stored.card.created_at) : undefined,
      sha256: stored?.card.sha256 ?? "",
    };
  }

  /** Loads, verifies and warms a version. @throws DomainError that says what is wrong with it */
  load(actor: Actor, reference: string): Promise<string> {
    return this.#change(async () => {
      const stored = await this.#stored(reference);
      const { inputs } = stored.card;
      const score = (rows: Float32Array, count: number) => this.#score(stored, rows, count);
      await requireProbabilities(edgeRows(inputs), score, inputs);
      const id = `${stored.name}@${stored.version}`;
      await this.#write({ actor, act: "load", role: "", reason: id, change: (now) => now });
      return id;
    });
  }

  /** Makes a version the champion. Gives the champion before and now. @throws DomainError as {@link promoteModel} */
  promote(actor: Actor, reference: string, reason: string): Promise<{ previous: string; champion: string }> {
    if (reference === "") throw DomainError.invalid([{ field: "model", description: "must be set" }]);
    return this.#change(() =>
      this.#crown((request) => promoteModel(this.#catalog.root, reference, request), actor, reason),
    );
  }

  /** Makes the champion before this one champion again. @throws DomainError as {@link rollBackModel} */
  rollBack(actor: Actor, reason: string): Promise<{ previous: string; champion: string }> {
    return this.#change(() =>
      this.#crown((request) => rollBackModel(this.#catalog.root, request), actor, reason),
    );
  }

  /** @param reference "" takes the challenger away */
  setChallenger(actor: Actor, reference: string, share: number, reason: string): Promise<string> {
    if (!(share >= 0 && share <= 1)) {
      throw DomainError.invalid([{ field: "share", description: `must be in [0, 1], got ${share}` }]);
    }
    return this.#change(async () => {
      const model = reference === "" ? "" : await this.#fit(reference, "challenger");
      if (model !== "" && model === this.#catalog.champion?.id) {
        throw DomainError.invalid([{ field: "model", description: "is the champion already" }]);
      }
      const challenger = model === "" ? null : { model, share };
      await this.#write({
        ...{ actor, act: "set_challenger", role: "challenger", reason },
        change: (now) => ({ ...now, challenger }),
      });
      return model;
    });
  }

  setShadows(actor: Actor, references: readonly string[], reason: string): Promise<string[]> {
    if (references.length > MAX_SHADOWS) {
      throw DomainError.invalid([{ field: "models", description: `must be at most ${MAX_SHADOWS}` }]);
    }
    return this.#change(async () => {
      const shadows: string[] = [];
      for (const reference of references) shadows.push(await this.#fit(reference, "shadow"));
      await this.#write({
        ...{ actor, act: "set_shadows", role: "shadow", reason },
        change: (now) => ({ ...now, shadows }),
      });
      return shadows;
    });
  }

  async #write(request: ServingRequest): Promise<void> {
    const made = await changeServing(this.#catalog.root, request);
    if (made) this.#logger.info({ audit: made }, "models changed");
    await this.#catalog.refresh();
  }

  async #stored(reference: string): Promise<StoredModel> {
    if (reference === "") throw DomainError.invalid([{ field: "model", description: "must be set" }]);
    const { root } = this.#catalog;
    return await readModel(root, await resolveModel(root, reference));
  }

  /** Proves that a version can have a role. Gives its "name@version". */
  async #fit(reference: string, role: ModelRole): Promise<string> {
    const stored = await this.#stored(reference);
    await requireFit(stored, role, (rows, count) => this.#score(stored, rows, count));
    return `${stored.name}@${stored.version}`;
  }

  /** Loads and warms a version and runs it where it will be served, not on the thread that talks to clients. */
  async #score({ name, version }: ModelVersion, rows: Float32Array, count: number): Promise<number[]> {
    const model = await this.#catalog.acquire(`${name}@${version}`);
    try {
      return await Promise.all(Array.from({ length: count }, (_, row) => scoreRow(model, rows, row)));
    } finally {
      model.release();
    }
  }

  async #crown(
    move: (request: ChangeRequest) => Promise<RoleChange>,
    actor: Actor,
    reason: string,
  ): Promise<{ previous: string; champion: string }> {
    const made = await move({
      ...{ role: CHAMPION, actor, reason },
      score: (model, rows, count) => this.#score(model, rows, count),
    });
    this.#logger.info({ audit: made }, "models changed");
    await this.#catalog.refresh();
    if (this.#catalog.champion?.id !== made.to) {
      throw new DomainError("conflict", `${made.to} could not be made ${CHAMPION}; the log says why`);
    }
    return { previous: made.from, champion: made.to };
  }

  #change<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(run);
    this.#queue = result.catch(() => {});
    return result;
  }
}

function scoreRow({ batcher, inputs }: ServedModel, rows: Float32Array, row: number): Promise<number> {
  const { width } = inputs;
  return new Promise((scored, failed) => {
    batcher.rows.set(rows.subarray(row * width, (row + 1) * width), batcher.offset);
    batcher.add({ scored, failed });
  });
}
