import { setMaxListeners } from "node:events";
import { Hono } from "hono";
import { csrf } from "hono/csrf";
import { secureHeaders } from "hono/secure-headers";
import { timeout } from "hono/timeout";
import { DomainError } from "../platform/process/errors.ts";
import { bodyLimit } from "./api/body-limits.ts";
import { isLineStream } from "./api/line-stream.ts";
import { domainErrorOf, isRefusal } from "./api/problem.ts";
import { apiRoutes } from "./api/routes.ts";
import { serveAsset } from "./assets.ts";
import { identify } from "./auth/guard.ts";
import { Programs } from "./auth/programs.ts";
import { boardHeaders, boardRoutes, isBoard } from "./board.ts";
import { compressAnswers, keepNothing, tagAnswers } from "./caching.ts";
import { checkAddress } from "./checked-address.ts";
import { publicUrl } from "./config.ts";
import type { AppEnv, Deps } from "./context.ts";
import { healthRoutes } from "./health.ts";
import { loggedPath } from "./logged-path.ts";
import { knownMethods } from "./methods.ts";
import { measure } from "./metrics.ts";
import { accountRoutes } from "./pages/account.tsx";
import { accountSecondFactorRoutes } from "./pages/account-second-factor.tsx";
import { alertSettingRoutes } from "./pages/alert-settings.tsx";
import { alertRoutes } from "./pages/alerts.tsx";
import { analyticsPageRoutes } from "./pages/analytics.tsx";
import { analyticsFileRoutes } from "./pages/analytics-files.tsx";
import { apiDocsRoutes } from "./pages/api-docs.tsx";
import { auditRoutes } from "./pages/audit.tsx";
import { bulkRoutes } from "./pages/bulk.tsx";
import { choosePasswordRoutes } from "./pages/choose-password.tsx";
import { confirmRoutes } from "./pages/confirm.tsx";
import { dashboardRoutes } from "./pages/dashboard.tsx";
import { deadLetterRoutes } from "./pages/dead-letters.tsx";
import { answerFailure } from "./pages/error.tsx";
import { exportPageRoutes } from "./pages/export.tsx";
import { impactPageRoutes } from "./pages/impact.tsx";
import { keyRoutes } from "./pages/keys.tsx";
import { linkedCaseRoutes } from "./pages/linked-cases.tsx";
import { modelRunRoutes } from "./pages/model-run.tsx";
import { modelPageRoutes } from "./pages/models.tsx";
import { passkeyRoutes } from "./pages/passkeys.ts";
import { policyRoutes } from "./pages/policy.tsx";
import { policyBackTestRoutes } from "./pages/policy-back-tests.tsx";
import { policyDraftRoutes } from "./pages/policy-draft.tsx";
import { policyListRoutes } from "./pages/policy-lists.tsx";
import { privacyRoutes } from "./pages/privacy.tsx";
import { queueViewRoutes } from "./pages/queue-views.tsx";
import { queueRoutes } from "./pages/queues.tsx";
import { retentionRoutes } from "./pages/retention.tsx";
import { reviewCaseRoutes } from "./pages/review-case.tsx";
import { reviewQueueRoutes } from "./pages/reviews.tsx";
import { runbookRoutes } from "./pages/runbook.tsx";
import { signInRoutes } from "./pages/sign-in.tsx";
import { signInCodeRoutes } from "./pages/sign-in-code.tsx";
import { signInLinkRoutes } from "./pages/sign-in-link.tsx";
import { singleSignOnRoutes } from "./pages/single-sign-on.tsx";
import { statusRoutes } from "./pages/status.tsx";
import { teamRoutes } from "./pages/team.tsx";
import { teamMemberRoutes } from "./pages/team-member.tsx";
import { transactionRoutes } from "./pages/transaction.tsx";
import { transactionListRoutes } from "./pages/transactions.tsx";
import { watchPageRoutes } from "./pages/watch.tsx";
import { webhookRoutes } from "./pages/webhooks.tsx";
import { perSecond, RateLimiter, rateLimit } from "./rate-limit.ts";
import { limitBody } from "./request-body.ts";
import { requestId } from "./request-id.ts";
import { scorerForCallers } from "./scorer-for-callers.ts";
import { callerOf, shares } from "./shares.ts";

/** A request that is not a stream is answered or given up by then, milliseconds. */
const ANSWER_LIMIT_MS = 25_000;

const OPEN_PATHS = ["/predict", "/predict/", "/api/v1/stats"];

/** A year of HTTPS alone (RFC 6797), for a host of our own; browsers would ask it of every port of localhost. */
function transportSecurity({ protocol, hostname }: URL): string | false {
  return protocol === "https:" && hostname !== "localhost" && "max-age=31536000; includeSubDomains";
}

/** The web, whole: middlewares, then rooms. It opens nothing itself, so tests run it as it is. */
export function createApp(outside: Deps): Hono<AppEnv> {
  const deps: Deps = { ...outside, scorer: scorerForCallers(outside.scorer) };
  const app = new Hono<AppEnv>();
  // Every open stream listens.
  setMaxListeners(0, outside.stopping);
  const ownOrigin = new URL(publicUrl(deps.config)).origin;

  app.onError(async (error, c) => {
    // The answer says what the caller can do; what went wrong inside is here, under the id that the answer carries.
    const known = isRefusal(error) ? null : domainErrorOf(error);
    const about = { err: known?.cause ?? error, requestId: c.get("requestId"), path: loggedPath(c.req.path) };
    if (known?.code === "permission_denied") {
      // Nobody without a credential gets this far, so that strangers cannot fill the log.
      const { err: _, ...where } = about;
      deps.logger.warn({ ...where, actor: c.get("user")?.actor, why: known.message }, "not allowed");
    } else if (known?.code === "internal") deps.logger.error(about, "request failed");
    else if (known?.cause !== undefined)
      deps.logger.warn({ ...about, code: known.code }, "request not served");
    return await answerFailure(error, c);
  });
  app.notFound((c) => answerFailure(new DomainError("not_found", "there is nothing at this address"), c));

  app.use(requestId);
  app.use(measure(deps.metrics));
  app.use(compressAnswers);
  app.use(keepNothing);
  app.use(tagAnswers);
  app.use(knownMethods(app));
  const headers: Parameters<typeof secureHeaders>[0] = {
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      fontSrc: ["'self'"],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
    // Not no-referrer: browsers would then send `Origin: null` with our own forms.
    referrerPolicy: "same-origin",
    xFrameOptions: "DENY",
    crossOriginOpenerPolicy: "same-origin",
    crossOriginResourcePolicy: "same-origin",
    strictTransportSecurity: transportSecurity(new URL(ownOrigin)),
    permissionsPolicy: { camera: [], geolocation: [], microphone: [], payment: [] },
  };
  const [pages, board] = [secureHeaders(headers), boardHeaders(headers)];
  app.use((c, next) => (isBoard(c.req.path) ? board(c, next) : pages(c, next)));
  app.use(checkAddress);
  const programs = new Programs(deps);
  const identified = identify(deps, programs);
  app.route("/", healthRoutes(deps, identified));
  app.get("/assets/:name", serveAsset);
  app.use(limitBody(bodyLimit));
  app.use(identified);
  app.use(shares(deps));

  // Forms, and whatever else comes with a session. A program with a key, or with nothing, has no cookie to abuse.
  const sameSite = csrf({
    origin: (origin, c) => origin === ownOrigin || origin === new URL(c.req.url).origin,
  });
  app.use(async (c, next) => {
    const program = c.req.path.startsWith("/api/") || c.req.path.startsWith("/predict");
    if (program && c.get("credential") !== "session") return await next();
    return await sameSite(c, next);
  });

  const open = rateLimit(
    new RateLimiter(deps.redis, deps.config.REDIS_PREFIX, perSecond("open", deps.config.OPEN_RATE_LIMIT)),
    (c) => (c.get("user") ? null : callerOf(c, deps.config)),
  );
  for (const path of OPEN_PATHS) app.use(path, open);

  const answerInTime = timeout(ANSWER_LIMIT_MS);
  app.use(async (c, next) =>
    c.req.path.startsWith("/live/") || isLineStream(c) ? await next() : await answerInTime(c, next),
  );

  app.route("/", apiRoutes(deps));
  app.route("/", apiDocsRoutes(deps));
  // Before the links: /sign-in/passkey and /sign-in/sso are no tokens.
  app.route("/", passkeyRoutes(deps));
  app.route("/", singleSignOnRoutes(deps));
  app.route("/", signInRoutes(deps));
  app.route("/", signInCodeRoutes(deps));
  app.route("/", choosePasswordRoutes(deps));
  // Last of these: its address takes whatever stands after /sign-in/.
  app.route("/", signInLinkRoutes(deps));
  app.route("/", confirmRoutes(deps));
  app.route("/", accountRoutes(deps));
  app.route("/", auditRoutes(deps));
  app.route("/", accountSecondFactorRoutes(deps));
  app.route("/", teamRoutes(deps));
  app.route("/", teamMemberRoutes(deps));
  app.route("/", dashboardRoutes(deps));
  app.route("/", reviewQueueRoutes(deps));
  // Before the cases: /reviews/bulk and /reviews/views are none.
  app.route("/", bulkRoutes(deps));
  app.route("/", queueViewRoutes(deps));
  app.route("/", reviewCaseRoutes(deps));
  app.route("/", linkedCaseRoutes(deps));
  app.route("/", transactionListRoutes(deps));
  app.route("/", transactionRoutes(deps));
  app.route("/", impactPageRoutes(deps));
  app.route("/", statusRoutes(deps));
  app.route("/", runbookRoutes(deps));
  app.route("/", analyticsPageRoutes(deps));
  app.route("/", analyticsFileRoutes(deps));
  app.route("/", watchPageRoutes(deps));
  app.route("/", modelPageRoutes(deps));
  app.route("/", modelRunRoutes(deps));
  // Before the versions: /policy/lists and /policy/check are none.
  app.route("/", policyListRoutes(deps));
  app.route("/", policyBackTestRoutes(deps));
  app.route("/", policyDraftRoutes(deps));
  app.route("/", policyRoutes(deps));
  // Before the alerts: /alerts/channels and /alerts/settings are none.
  app.route("/", alertSettingRoutes(deps));
  app.route("/", alertRoutes(deps));
  app.route("/", deadLetterRoutes(deps));
  app.route("/", queueRoutes(deps));
  app.route("/", boardRoutes(deps));
  app.route("/", exportPageRoutes(deps));
  app.route("/", retentionRoutes(deps));
  app.route("/", privacyRoutes(deps));
  app.route("/", webhookRoutes(deps));
  app.route("/", keyRoutes(deps, programs.stored));
  return app;
}
