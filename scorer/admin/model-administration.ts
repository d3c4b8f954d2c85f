import { DomainError } from "../../platform/errors.ts";
import { listVersions, readAliases, readModel, resolveModel } from "../../platform/model-registry.ts";
import { CHAMPION, type ModelCatalog } from "../scoring/model-catalog.ts";
import { readTraffic, type Traffic, writeChampion, writeTraffic } from "../scoring/traffic.ts";
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

const KEPT_CHAMPIONS = 20;
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
      const id = await this.#tried(reference);
      await this.#audit.write({ by, action: "load", before: "", after: id, reason: "" });
      return id;
    });
  }

  /** Makes a version the champion. Gives the champion before and now. */
  promote(by: string, reference: string, reason: string): Promise<{ previous: string; champion: string }> {
    return this.#change(async () => {
      const next = await this.#tried(reference);
      const previous = this.#catalog.champion?.id ?? "";
      if (next === previous) return { previous, champion: next };
      const traffic = await readTraffic(this.#catalog.root);
      await this.#audit.write({ by, action: "promote", before: previous, after: next, reason });
      await this.#crown(next, {
        ...traffic,
        previous: [...traffic.previous, previous].slice(-KEPT_CHAMPIONS),
      });
      return { previous, champion: next };
    });
  }

  /** Makes the champion before this one champion again. @throws DomainError `conflict` when there is none */
  rollBack(by: string, reason: string): Promise<{ previous: string; champion: string }> {
    return this.#change(async () => {
      const traffic = await readTraffic(this.#catalog.root);
      const target = traffic.previous.at(-1);
      if (target === undefined) throw new DomainError("conflict", "there is no champion to roll back to");
      const next = await this.#tried(target);
      const previous = this.#catalog.champion?.id ?? "";
      await this.#audit.write({ by, action: "roll_back", before: previous, after: next, reason });
      await this.#crown(next, { ...traffic, previous: traffic.previous.slice(0, -1) });
      return { previous, champion: next };
    });
  }

  /** @param reference "" takes the challenger away */
  setChallenger(by: string, reference: string, share: number, reason: string): Promise<string> {
    if (!(share >= 0 && share <= 1)) {
      throw DomainError.invalid([{ field: "share", description: `must be in [0, 1], got ${share}` }]);
    }
    return this.#change(async () => {
      const next = reference === "" ? "" : await this.#tried(reference);
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
      for (const reference of references) shadows.push(await this.#tried(reference));
      const traffic = await readTraffic(this.#catalog.root);
      const before = traffic.shadows.join(" ");
      await this.#audit.write({ by, action: "set_shadows", before, after: shadows.join(" "), reason });
      await this.#apply({ ...traffic, shadows });
      return shadows;
    });
  }

  /** Proves that a version can be served. Gives its "name@version". */
  async #tried(reference: string): Promise<string> {
    if (reference === "") throw DomainError.invalid([{ field: "model", description: "must be set" }]);
    const { name, version } = await resolveModel(this.#catalog.root, reference);
    const model = await this.#catalog.acquire(`${name}@${version}`);
    model.release();
    return model.id;
  }

  async #crown(id: string, traffic: Traffic): Promise<void> {
    const { root } = this.#catalog;
    const challenger = traffic.challenger?.model === id ? null : traffic.challenger;
    await writeTraffic(root, { ...traffic, challenger });
    await writeChampion(root, await readAliases(root), id);
    await this.#catalog.refresh();
    if (this.#catalog.champion?.id !== id) {
      throw new DomainError("conflict", `${id} could not be made ${CHAMPION}; the log says why`);
    }
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
