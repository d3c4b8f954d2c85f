import type { HttpBindings } from "@hono/node-server";
import type { Queue } from "bullmq";
import type { Context } from "hono";
import type { Kysely } from "kysely";
import type { Status } from "../domain/status.ts";
import type { SignInAttempts } from "../pipeline/accounts/attempts.ts";
import type { FailedSignIns } from "../pipeline/accounts/failed-sign-ins.ts";
import type { IdentityProvider } from "../pipeline/accounts/identity-provider.ts";
import type { PasswordHasher } from "../pipeline/accounts/password-hash.ts";
import type { SecretBox } from "../pipeline/accounts/secret-box.ts";
import type { SignedIn } from "../pipeline/accounts/sessions.ts";
import type { Mailer } from "../pipeline/mail/mailer.ts";
import type { Database } from "../pipeline/store/schema.ts";
import type { Logger } from "../platform/process/logger.ts";
import type { RedisConnection } from "../platform/process/redis.ts";
import type { ScorerClient } from "../scorer/client.ts";
import type { WebConfig } from "./config.ts";
import type { LiveFeed } from "./live/feed.ts";
import type { WebMetrics } from "./metrics.ts";

/** What the web needs from outside; main.ts opens it, tests bring their own. */
export interface Deps {
  readonly config: WebConfig;
  readonly logger: Logger;
  readonly db: Kysely<Database>;
  readonly redis: RedisConnection;
  /** BullMQ `transactions`, or its shards. */
  readonly transactions: { readonly queues: readonly [Queue, ...Queue[]]; readonly by: string };
  /** BullMQ `decisions`. */
  readonly decisions: Queue;
  readonly scorer: Pick<ScorerClient, "score" | "scoreBatch" | "explain" | "getModel" | "health">;
  readonly feed: LiveFeed;
  /** How the house is; never fails. */
  readonly status: () => Promise<Status>;
  readonly metrics: WebMetrics;
  /** Seals what lies in the database and in cookies. */
  readonly secrets: SecretBox;
  readonly passwords: PasswordHasher;
  readonly attempts: SignInAttempts;
  readonly failedSignIns: FailedSignIns;
  /** Null without a mail server. */
  readonly mailer: Mailer | null;
  /** Null without single sign-on. */
  readonly sso: IdentityProvider | null;
  /** Aborted when the process drains: streams end. */
  readonly stopping: AbortSignal;
}

/** What a request carries once the middlewares have run. */
export interface AppEnv {
  Bindings: Partial<HttpBindings>;
  Variables: {
    /** Who asks; null when nobody is signed in. */
    user: SignedIn | null;
    /** How the caller proved who they are. */
    credential: "session" | "api-key" | null;
    /** Whether a person has proved lately enough who they are for dangerous acts; a program does with every call. */
    fresh: boolean;
    /** The token of the session that identified the caller; not set otherwise. */
    sessionToken?: string;
    /** Whether the session has not ended since; asked by what goes on for long. Not set without a session. */
    stillIn?: () => Promise<boolean>;
    /** Waits until it is this caller's turn to have the body, now that it is there, made sense of. */
    takeTurn?: () => Promise<void>;
    /** As takeTurn, for a piece of a body that is read as it comes; what it gives back ends the turn. */
    borrowTurn?: () => Promise<() => void>;
    /** Keeps the request's places until its answer, which goes on when its handler is done, has ended. */
    stayUntil?: (end: Promise<unknown>) => void;
    requestId: string;
  };
}

export type AppContext = Context<AppEnv>;
