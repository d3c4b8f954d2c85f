import type { Queue } from "bullmq";
import type { Kysely } from "kysely";
import { dataDir } from "../../platform/process/config.ts";
import type { Logger } from "../../platform/process/logger.ts";
import type { RedisConnection } from "../../platform/process/redis.ts";
import { openSecretBox, type SecretBox } from "../accounts/secret-box.ts";
import { startDeliverer } from "../alerts/deliverer.ts";
import { type AlertEffects, alertEffects } from "../alerts/effects.ts";
import { createEvaluator } from "../alerts/evaluator.ts";
import { readPushKeys } from "../alerts/push-keys.ts";
import { type Sender, sendAlerts } from "../alerts/sending/send.ts";
import { StoreAway } from "../alerts/store-away.ts";
import { createMailer } from "../mail/mailer.ts";
import type { StoredRates } from "../store/exchange-rates.ts";
import type { Database } from "../store/schema.ts";
import type { WorkerConfig } from "./config.ts";
import { type Repeated, repeat } from "./repeat.ts";
import type { WorkerMetrics } from "./worker-metrics.ts";

export interface AlertDependencies {
  readonly config: WorkerConfig;
  readonly db: Kysely<Database>;
  readonly redis: RedisConnection;
  readonly queues: readonly Queue[];
  readonly logger: Logger;
  readonly rates: StoredRates;
  readonly metrics: WorkerMetrics;
  /** Which neighbours are away and why. */
  readonly missing: () => Promise<ReadonlyMap<string, string>>;
}

/** Variables that name certificates. */
const CERTIFICATES = [
  ...(["TLS_CERT", "REDIS_TLS_CA", "REDIS_TLS_CERT", "SCORER_TLS_CERT", "SCORER_TLS_CA"] as const),
  ...(["SCORER_TLS_CLIENT_CERT", "SCORER_TLS_CLIENT_CA"] as const),
] as const;

/** Looks at conditions and sends what is to be told, until it is stopped. */
export function startAlerts(deps: AlertDependencies): Repeated & { readonly effects: AlertEffects } {
  const { config, db, redis, queues, logger, rates, metrics, missing } = deps;
  // Opened when a channel needs it: a worker without any makes no key.
  let opened: Promise<SecretBox> | undefined;
  const secrets = (): Promise<SecretBox> => {
    opened ??= openSecretBox(dataDir(), config.SECRET_KEY).catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  const mailFrom = config.MAIL_FROM ?? "";
  const mailer = config.SMTP_URL === undefined ? null : createMailer(config.SMTP_URL, mailFrom, logger);
  const sender: Sender = {
    ...{ allowed: config.OUTGOING_ALLOW, mailer, mailFrom, publicUrl: config.PUBLIC_URL },
    pushKeys: async () => await readPushKeys(db, await secrets()),
  };
  const send: Parameters<typeof startDeliverer>[0]["send"] = (message, target) =>
    sendAlerts(sender, message, target);
  const deliverer = startDeliverer({
    ...{ db, logger, secrets, send },
    onOutcome: (channel, outcome) => metrics.alerts.inc({ channel, outcome }),
    claimMs: config.ALERT_CLAIM_SECONDS * 1_000,
  });
  const evaluator = createEvaluator({
    ...{ db, redis, queues, logger, missing, dataDir: dataDir() },
    certificates: CERTIFICATES.flatMap((name) => {
      const path = config[name];
      return path === undefined ? [] : [[name, path] as const];
    }),
    storeAway: new StoreAway({ db, logger, secrets, send }),
  });
  const looking = repeat("alerts", config.ALERT_SECONDS * 1_000, logger, async () => {
    await evaluator.look();
    deliverer.nudge();
  });
  return {
    effects: alertEffects({ db, logger, rates, nudge: () => deliverer.nudge() }),
    async stop() {
      await looking.stop();
      await Promise.all([evaluator.stop(), deliverer.stop()]);
      mailer?.close();
    },
  };
}
