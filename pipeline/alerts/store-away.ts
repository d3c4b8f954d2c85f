import { randomUUID } from "node:crypto";
import type { Kysely } from "kysely";
import { alertKind, isAtLeast } from "../../domain/alerts.ts";
import { messageOf } from "../../platform/process/errors.ts";
import type { Logger } from "../../platform/process/logger.ts";
import type { SecretBox } from "../accounts/secret-box.ts";
import type { Database } from "../store/schema.ts";
import { type AlertChannel, type ChannelTarget, channelTarget } from "./channels.ts";
import type { Notice, OutgoingAlerts } from "./sending/notice.ts";
import type { SendResult } from "./sending/send.ts";
import type { Condition } from "./settings.ts";

export interface StoreAwayOptions {
  readonly db: Kysely<Database>;
  readonly logger: Logger;
  readonly secrets: () => Promise<SecretBox>;
  /** @throws Error in words that may be shown */
  readonly send: (message: OutgoingAlerts, target: ChannelTarget) => Promise<SendResult>;
}

interface KnownChannel extends Pick<AlertChannel, "id" | "kind" | "name"> {
  readonly target: ChannelTarget;
}

/**
 * The one alert that cannot be written down when it begins: PostgreSQL is away. It is sent by what was last known of the
 * channels, once to each; channels that do not take it are tried again at each look. When the store is back, whoever was
 * told is told that it is over, and the alert is written down.
 */
export class StoreAway {
  readonly #options: StoreAwayOptions;
  #channels: readonly KnownChannel[] = [];
  #severity = alertKind("store_away").severity;
  #threshold: number | null = null;
  #began: { readonly id: string; readonly at: Date; readonly words: string } | undefined;
  readonly #told = new Set<number>();

  constructor(options: StoreAwayOptions) {
    this.#options = options;
  }

  /** Remembers who is told, while there is somebody to ask. */
  async refresh({ severity, channels: chosen, threshold }: Condition): Promise<void> {
    this.#severity = severity;
    this.#threshold = threshold;
    const rows = await this.#options.db
      .selectFrom("alert_channels")
      .select(["channel_id as id", "kind", "name", "sealed", "by_default", "severity"])
      .where("enabled", "=", true)
      .where("removed_at", "is", null)
      .execute();
    const wanted = rows.filter(
      (row) =>
        (chosen === null ? row.by_default : chosen.includes(row.id)) && isAtLeast(severity, row.severity),
    );
    if (wanted.length === 0) {
      this.#channels = [];
      return;
    }
    const secrets = await this.#options.secrets();
    this.#channels = wanted.flatMap(({ id, kind, name, sealed }) => {
      const opened = secrets.open("alerts", sealed);
      return opened === null ? [] : [{ id, kind, name, target: channelTarget.parse(JSON.parse(opened)) }];
    });
  }

  /** It has been away for too long. Said once in the log, and once to each channel that takes it. */
  async begins(words: string, at: Date): Promise<void> {
    if (!this.#began) {
      this.#began = { id: randomUUID(), at, words };
      this.#options.logger.error({ alert: "store_away" }, `${alertKind("store_away").title}: ${words}`);
    }
    const { id } = this.#began;
    const waiting = this.#channels.filter((channel) => !this.#told.has(channel.id));
    const notice = this.#notice("fired", this.#began.words, this.#began.at);
    await Promise.all(
      waiting.map(async (channel) => {
        if (await this.#send(channel, id, notice, this.#began?.at ?? at)) this.#told.add(channel.id);
      }),
    );
  }

  /** It is back. @throws the database's error when it is away again; tried at the next look */
  async ends(at: Date): Promise<void> {
    const began = this.#began;
    if (!began) return;
    await this.#write(began, at);
    this.#began = undefined;
    this.#options.logger.warn({ alert: "store_away" }, "PostgreSQL takes decisions again");
    const id = randomUUID();
    const notice = this.#notice("resolved", "it takes decisions again", at);
    const told = this.#channels.filter((channel) => this.#told.has(channel.id));
    this.#told.clear();
    await Promise.all(told.map((channel) => this.#send(channel, id, notice, at)));
  }

  #notice(event: "fired" | "resolved", body: string, at: Date): Notice {
    const { title, place: link } = alertKind("store_away");
    const threshold = this.#threshold;
    return {
      alertId: null,
      event,
      kind: "store_away",
      severity: this.#severity,
      title,
      body,
      link,
      value: null,
      threshold,
      at,
    };
  }

  async #send(channel: KnownChannel, messageId: string, notice: Notice, createdAt: Date): Promise<boolean> {
    const { target, ...named } = channel;
    try {
      const { ok, said } = await this.#options.send(
        { messageId, createdAt, channel: named, notices: [notice] },
        target,
      );
      if (!ok)
        this.#options.logger.warn({ channel: named.name, said }, "an alert was not taken, trying again");
      return ok;
    } catch (error) {
      this.#options.logger.warn(
        { channel: named.name, err: messageOf(error) },
        "an alert was not taken, trying again",
      );
      return false;
    }
  }

  /** For the list of what was: it began and is over. */
  async #write({ at, words }: { readonly at: Date; readonly words: string }, over: Date): Promise<void> {
    const { title, place } = alertKind("store_away");
    await this.#options.db
      .insertInto("alerts")
      .values({
        ...{ kind: "store_away", subject: "", title, body: words, link: place, severity: this.#severity },
        ...{ state: "resolved", fired_at: at, resolved_at: over, threshold: this.#threshold },
      })
      .execute();
  }
}
