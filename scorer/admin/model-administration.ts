import { DomainError } from "../../platform/process/errors.ts";
import { CHAMPION, type ModelCatalog } from "../scoring/model-catalog.ts";
import type { ServedModel } from "../scoring/served-model.ts";
import { readTraffic, type Traffic, writeTraffic } from "../scoring/traffic.ts";
import { INPUT_WIDTH } from "../scoring/transaction-input.ts";
import { type ModelRole, requireFit } from "../serving/gate.ts";
import { edgeRows, requireProbabilities } from "../serving/probes.ts";
import { type AliasChange, type ChangeRequest, promoteModel, rollBackModel } from "../serving/promotion.ts";
import {
  listVersions,
  type ModelVersion,
  readModel,
  resolveModel,
  type StoredModel,
} from "../serving/registry.ts";
import type { AuditLog } from "./audit.ts";

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

const MAX_SHADOWS = 4;

/** Changes what is served: first tried, then written down, then done. Changes follow one another. */
export class ModelAdministration {
  readonly #catalog: ModelCatalog;
  readonly #audit: AuditLog;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(catalog: ModelCatalog, audit: AuditLog) {
    this.#catalog = catalog;
    this.#audit = audit;
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
    const traffic = await readTraffic(catalog.root);
    return {
      id,
      loaded: catalog.loaded.includes(id),
      champion: catalog.champion?.id === id,
      challengerShare: catalog.challenger?.id === id ? (traffic.challenger?.share ?? 0) : 0,
      shadow: catalog.shadows.some((shadow) => shadow.id === id),
      aliases,
      trainedAt: stored ? new Date(stored.card.created_at) : undefined,
      sha256: stored?.card.sha256 ?? "",
    };
  }

  /** Loads, verifies and warms a version. @throws DomainError that says what is wrong with it */
  load(by: string, reference: string): Promise<string> {
    return this.#change(async () => {
      const stored = await this.#stored(reference);
      await requireProbabilities(edgeRows(), (rows, count) => this.#score(stored, rows, count));
      const id = `${stored.name}@${stored.version}`;
      await this.#audit.write({ by, action: "load", before: "", after: id, reason: "" });
      return id;
    });
  }

  /** Makes a version the champion. Gives the champion before and now. @throws DomainError as {@link promoteModel} */
  promote(by: string, reference: string, reason: string): Promise<{ previous: string; champion: string }> {
    if (reference === "") throw DomainError.invalid([{ field: "model", description: "must be set" }]);
    return this.#change(() =>
      this.#crown((request) => promoteModel(this.#catalog.root, reference, request), by, reason),
    );
  }

  /** Makes the champion before this one champion again. @throws DomainError as {@link rollBackModel} */
  rollBack(by: string, reason: string): Promise<{ previous: string; champion: string }> {
    return this.#change(() =>
      this.#crown((request) => rollBackModel(this.#catalog.root, request), by, reason),
    );
  }

  /** @param reference "" takes the challenger away */
  setChallenger(by: string, reference: string, share: number, reason: string): Promise<string> {
    if (!(share >= 0 && share <= 1)) {
      throw DomainError.invalid([{ field: "share", description: `must be in [0, 1], got ${share}` }]);
    }
    return this.#change(async () => {
      const next = reference === "" ? "" : await this.#fit(reference, "challenger");
      if (next !== "" && next === this.#catalog.champion?.id) {
        throw DomainError.invalid([{ field: "model", description: "is the champion already" }]);
      }
      const traffic = await readTraffic(this.#catalog.root);
      const { challenger } = traffic;
      const before = challenger ? `${challenger.model} ${challenger.share}` : "";
      const after = next === "" ? "" : `${next} ${share}`;
      await this.#audit.write({ by, action: "set_challenger", before, after, reason });
      await this.#apply({ ...traffic, challenger: next === "" ? null : { model: next, share } });
      return next;
    });
  }

  setShadows(by: string, references: readonly string[], reason: string): Promise<string[]> {
    if (references.length > MAX_SHADOWS) {
      throw DomainError.invalid([{ field: "models", description: `must be at most ${MAX_SHADOWS}` }]);
    }
    return this.#change(async () => {
      const shadows: string[] = [];
      for (const reference of references) shadows.push(await this.#fit(reference, "shadow"));
      const traffic = await readTraffic(this.#catalog.root);
      const before = traffic.shadows.join(" ");
      await this.#audit.write({ by, action: "set_shadows", before, after: shadows.join(" "), reason });
      await this.#apply({ ...traffic, shadows });
      return shadows;
    });
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
    move: (request: ChangeRequest) => Promise<AliasChange>,
    by: string,
    reason: string,
  ): Promise<{ previous: string; champion: string }> {
    const { from, to } = await move({
      alias: CHAMPION,
      by,
      reason,
      score: (model, rows, count) => this.#score(model, rows, count),
      beforeChange: (change) => this.#prepare(change),
    });
    await this.#catalog.refresh();
    if (this.#catalog.champion?.id !== to) {
      throw new DomainError("conflict", `${to} could not be made ${CHAMPION}; the log says why`);
    }
    return { previous: from, champion: to };
  }

  /** Writes a change of champion down; a challenger that is crowned is a challenger no more. */
  async #prepare({ action, from, to, by, reason }: AliasChange): Promise<void> {
    await this.#audit.write({ by, action, before: from, after: to, reason });
    const traffic = await readTraffic(this.#catalog.root);
    if (traffic.challenger?.model === to)
      await writeTraffic(this.#catalog.root, { ...traffic, challenger: null });
  }

  async #apply(traffic: Traffic): Promise<void> {
    await writeTraffic(this.#catalog.root, traffic);
    await this.#catalog.refresh();
  }

  #change<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(run);
    this.#queue = result.catch(() => {});
    return result;
  }
}

function scoreRow({ batcher }: ServedModel, rows: Float32Array, row: number): Promise<number> {
  return new Promise((scored, failed) => {
    batcher.rows.set(rows.subarray(row * INPUT_WIDTH, (row + 1) * INPUT_WIDTH), batcher.offset);
    batcher.add({ scored, failed });
  });
}
