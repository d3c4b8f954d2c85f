import type { Plan } from "./judge.ts";

const GRPC = "@grpc/grpc-js";
const TRACING = [
  "@opentelemetry/api",
  "@opentelemetry/exporter-trace-otlp-http",
  "@opentelemetry/resources",
  "@opentelemetry/sdk-trace-node",
];

/** The rooms of the house, from the ground up, and what each may import (docs/architecture.md). */
export const PLAN: Plan = {
  rooms: {
    domain: { pure: true },
    proto: { packages: [GRPC, "@grpc/proto-loader"], tests: ["platform/process"] },

    "platform/math": { rooms: ["platform/process"] },
    // Messages that leave for servers that somebody named.
    "platform/outgoing": { rooms: ["platform/process"], packages: ["zod"] },
    "platform/process": {
      rooms: ["domain"],
      packages: [
        ...["bullmq", "cli-progress", "ioredis", "kysely", "pg", "pg-connection-string", "pino"],
        ...["prom-client", "tsx", "zod"],
      ],
    },
    "platform/embedded": {
      rooms: ["platform/process"],
      packages: ["@electric-sql/pglite", "ioredis"],
      tests: ["npm:kysely", "npm:pg"],
    },

    // What API keys and machines' tokens look like, to the doors that check them and to whoever makes them.
    "platform/credentials": {
      rooms: ["domain", "platform/process"],
      packages: ["jose", "zod"],
      tests: ["npm:oidc-provider"],
    },

    // CEL over the values of a payment: for derived features of a schema and for rules of the policy.
    "features/expressions": { rooms: ["domain", "platform/process"], packages: ["@marcbachmann/cel-js"] },
    // Values of a schema's features: one code, offline and online.
    "features/engine": {
      rooms: ["domain", "platform/process", "features/expressions"],
      tests: ["features/schema", "platform/math"],
    },
    "features/schema": {
      rooms: ["domain", "platform/process", "features/engine"],
      packages: ["yaml", "zod"],
    },

    // The operator's rates on their way from the store to scorers.
    "features/exchange": { rooms: ["domain", "platform/process"], packages: ["zod"] },

    // The policy's documents, conditions and lists: one engine for deciding, checking and back-testing.
    "features/policy": { rooms: ["domain", "features/expressions", "platform/process"], packages: ["zod"] },
    // Files of payments, and a schema's features over them.
    "features/offline": {
      rooms: ["domain", "platform/process", "features/engine", "features/schema"],
      packages: ["hyparquet"],
      tests: ["npm:hyparquet-writer"],
    },

    // States of entities in Redis: written by effects, read by the scorer.
    "features/online": {
      rooms: ["platform/process", "features/engine"],
      packages: ["ioredis"],
      tests: ["platform/embedded", "features/schema", "features/testing"],
    },
    "features/testing": { tests: ["platform/math", "features/*"] },

    // The registry's files; a version's schema is read, and refused, with them.
    "scorer/serving": { rooms: ["domain", "platform/process", "features/schema"], packages: ["zod"] },
    // What client and server have in common: the contract's numbers and errors.
    "scorer/contract": { rooms: ["domain", "platform/process", "proto"], packages: [GRPC] },
    "scorer/client": {
      holds: ["scorer/client/", "scorer/client.ts"],
      rooms: ["domain", "platform/process", "proto", "scorer/contract"],
      packages: [GRPC, "@opentelemetry/api", "grpc-health-check", "zod"],
      tests: ["platform/embedded"],
    },
    // No transport, no store.
    "scorer/scoring": {
      rooms: ["domain", "platform/process", "features/engine", "features/online", "scorer/serving"],
      packages: ["protobufjs"],
      tests: ["models/*", "platform/math", "proto", "scorer/wire"],
    },
    "scorer/wire": {
      rooms: ["domain", "platform/process", "proto", "scorer/contract", "scorer/scoring", "scorer/serving"],
      tests: ["npm:protobufjs", "scorer/client"],
    },
    // The active policy, followed, and what it says of a transaction as it lies in a request.
    "scorer/policy": {
      rooms: ["domain", "features/policy", "platform/process", "scorer/scoring"],
      tests: ["platform/embedded"],
    },
    // The operator's rates, followed.
    "scorer/rates": { rooms: ["domain", "features/exchange", "platform/process"] },
    "scorer/recording": {
      rooms: ["domain", "platform/process", "scorer/scoring"],
      packages: ["bullmq"],
      tests: ["scorer/client"],
    },
    "scorer/security": {
      rooms: ["domain", "platform/credentials", "platform/process"],
      packages: [GRPC],
      tests: ["scorer", "scorer/admin", "scorer/client", "proto"],
    },
    "scorer/telemetry": {
      rooms: ["domain", "features/online", "scorer/policy", "scorer/recording", "scorer/scoring"],
      packages: [GRPC, ...TRACING, "prom-client"],
    },
    "scorer/handlers": {
      rooms: [
        ...["domain", "features/engine", "features/policy", "platform/process", "proto"],
        ...["scorer/contract", "scorer/policy", "scorer/recording", "scorer/scoring", "scorer/security"],
        ...["scorer/telemetry", "scorer/wire"],
      ],
      packages: [GRPC],
      tests: ["platform/credentials", "scorer/client"],
    },
    "scorer/admin": {
      rooms: [
        ...["domain", "platform/process", "proto"],
        ...["scorer/contract", "scorer/handlers", "scorer/scoring", "scorer/security", "scorer/serving"],
      ],
      packages: [GRPC],
      tests: ["models/graph", "platform/credentials"],
    },
    scorer: {
      rooms: [
        ...["domain", "features/online", "platform/credentials", "platform/process", "proto"],
        ...[
          "scorer/admin",
          "scorer/contract",
          "scorer/handlers",
          "scorer/policy",
          "scorer/rates",
          "scorer/recording",
        ],
        ...["scorer/scoring", "scorer/security", "scorer/serving", "scorer/telemetry", "scorer/wire"],
      ],
      packages: [GRPC, "@grpc/proto-loader", "grpc-health-check", "prom-client", "protobufjs", "zod"],
      tests: ["features/*", "platform/embedded", "scorer/client"],
    },
    "scorer/testing": {
      tests: ["domain", "proto", "scorer", "scorer/client", "npm:pino", "npm:prom-client", "npm:protobufjs"],
    },

    "models/impact": { rooms: ["domain", "platform/process"], packages: ["zod"] },
    "models/features": { rooms: ["platform/*", "scorer/serving"], tests: ["models/data"] },
    "models/graph": { packages: ["protobufjs"] },
    "models/data": { rooms: ["platform/*", "features/offline", "models/features", "models/impact"] },
    "models/evaluate": { rooms: ["domain", "platform/*", "models/data", "scorer/serving"] },
    "models/learners": {
      rooms: ["platform/*", "models/evaluate", "models/features", "models/graph"],
      packages: ["tsx"],
      tests: ["models/*"],
    },
    "models/calibration": { rooms: ["platform/*", "models/graph", "models/learners"] },
    "models/onnx": {
      rooms: [
        ...["platform/*", "models/data", "models/features", "models/graph", "models/learners"],
        ...["scorer/scoring", "scorer/serving"],
      ],
      packages: ["protobufjs"],
      tests: ["models/calibration"],
    },
    models: {
      rooms: ["platform/*", "models/data", "models/onnx", "scorer/serving"],
      packages: ["zod"],
    },
    "models/protocol": {
      rooms: [
        ...["domain", "platform/*", "models", "models/calibration", "models/data", "models/evaluate"],
        ...["models/features", "models/learners", "models/onnx", "scorer/serving"],
      ],
      packages: ["zod"],
      tests: ["models/*"],
    },
    // Every kind of file that people bring, and what becomes of it: for tests and docs/imports-table.md.
    "models/imports": {
      rooms: [
        ...["domain", "platform/*", "features/*", "models/data", "models/graph", "models/onnx"],
        "models/protocol",
      ],
      packages: ["hyparquet-writer"],
    },
    // Models of a team's own payments, by their schema.
    "models/own": {
      rooms: [
        ...["domain", "platform/*", "features/*", "models/calibration", "models/evaluate"],
        ...["models/features", "models/learners", "models/onnx", "models/protocol", "scorer/serving"],
      ],
      packages: ["zod"],
      tests: ["models/*"],
    },
    "models/cli": {
      rooms: [
        ...["domain", "platform/*", "features/*", "models", "models/data", "models/evaluate"],
        ...["models/learners", "models/onnx", "models/own", "models/protocol", "scorer/serving"],
        // npm run train -- --store: the payments of the store.
        "pipeline/aggregates",
      ],
      tests: ["models/*", "pipeline/*"],
    },
    // Once around: labels of the store, training, gate, comparison in life.
    "models/loop": {
      rooms: [
        ...["domain", "platform/*", "features/engine", "features/offline", "features/schema"],
        ...["models", "models/cli", "models/evaluate"],
        ...["models/features", "models/learners", "models/onnx", "models/own", "models/protocol"],
        ...["pipeline/aggregates", "pipeline/models", "pipeline/store", "scorer/scoring", "scorer/serving"],
      ],
      packages: ["kysely", "zod"],
      tests: ["pipeline/*", "scorer", "scorer/client", "npm:bullmq", "npm:pino", "npm:prom-client"],
    },
    "models/search": {
      rooms: [
        ...["platform/*", "models/calibration", "models/cli", "models/data", "models/evaluate"],
        ...["models/learners", "models/protocol"],
      ],
      packages: ["zod"],
    },
    "models/walk-forward": {
      rooms: [
        ...["domain", "features/*", "platform/process", "models", "models/calibration", "models/cli"],
        ...["models/data", "models/evaluate", "models/features", "models/learners", "models/onnx"],
        ...["models/own", "models/protocol", "scorer/serving"],
      ],
      packages: ["zod"],
      tests: ["models/*"],
    },
    "models/handbook": {
      rooms: [
        ...["domain", "platform/*", "features/*"],
        ...["models/cli", "models/evaluate", "models/features", "models/learners"],
      ],
      tests: ["models/*"],
    },
    // The profile that it fits is declared by whoever draws from it.
    "models/simulator": { rooms: ["platform/*", "models/cli", "models/data", "pipeline/simulator"] },
    "models/report": {
      rooms: [
        ...["domain", "platform/*", "models", "models/cli", "models/data", "models/evaluate"],
        ...[
          "models/features",
          "models/impact",
          "models/learners",
          "models/onnx",
          "models/protocol",
          "models/walk-forward",
        ],
        ...["scorer/scoring", "scorer/serving"],
      ],
      packages: ["echarts", "hono", "playwright-core"],
    },

    // Queues and live news: the words that processes say to each other.
    pipeline: {
      rooms: ["domain", "platform/process"],
      packages: ["bullmq", "zod"],
      tests: ["pipeline/*"],
    },
    "pipeline/store": {
      rooms: ["domain", "platform/math", "platform/process"],
      packages: ["kysely", "zod"],
      tests: ["pipeline/*"],
    },
    "pipeline/accounts": {
      rooms: ["domain", "platform/process", "pipeline/audit", "pipeline/store"],
      packages: [
        ...["@node-rs/argon2", "@zxcvbn-ts/language-common", "kysely", "openid-client"],
        ...["otpauth", "rate-limiter-flexible", "zod"],
      ],
    },
    "pipeline/mail": { rooms: ["platform/process"], packages: ["nodemailer"] },
    "pipeline/keys": {
      rooms: ["domain", "platform/credentials", "platform/process", "pipeline/audit", "pipeline/store"],
      packages: ["kysely", "zod"],
      tests: ["pipeline/*"],
    },
    // The history of who serves is one of the registry's files: its owner reads it, the audit log takes it over.
    "pipeline/audit": {
      rooms: ["domain", "platform/process", "pipeline/store", "scorer/serving"],
      packages: ["kysely"],
    },
    "pipeline/outbox": {
      rooms: ["domain", "platform/process", "pipeline/store"],
      packages: ["kysely", "zod"],
    },
    // The versions of the policy, its lists and back-tests, and who agreed to what. Its command line has no scorer to ask
    // what the models that serve read: the registry's files say it.
    "pipeline/policy": {
      rooms: [
        ...["domain", "features/policy", "platform/process", "pipeline/accounts", "pipeline/audit"],
        ...["pipeline/store", "scorer/serving"],
      ],
      packages: ["kysely", "zod"],
      tests: ["pipeline/*"],
    },
    "pipeline/rates": {
      rooms: ["domain", "features/exchange", "platform/process", "pipeline/audit", "pipeline/store"],
      packages: ["kysely"],
      tests: ["pipeline/*"],
    },
    "pipeline/review": {
      rooms: [
        ...["domain", "platform/process", "pipeline/alerts", "pipeline/audit", "pipeline/outbox"],
        "pipeline/store",
      ],
      packages: ["kysely"],
      tests: ["pipeline/record"],
    },
    // Payments of lately against those of the weeks before.
    "pipeline/watch": {
      rooms: ["domain", "platform/math", "pipeline/store"],
      packages: ["kysely"],
      tests: ["pipeline/alerts", "pipeline/record", "pipeline/testing"],
    },
    // Payments of a range: when, where from, how scored, and who judged them.
    "pipeline/analytics": {
      rooms: ["domain", "platform/math", "platform/process", "pipeline/store"],
      packages: ["kysely"],
      tests: ["pipeline/*"],
    },
    "pipeline/alerts": {
      rooms: [
        ...["domain", "platform/math", "platform/outgoing", "platform/process", "pipeline/accounts"],
        ...["pipeline/audit", "pipeline/mail", "pipeline/outbox", "pipeline/store", "pipeline/watch"],
      ],
      packages: ["bullmq", "kysely", "zod"],
      tests: ["pipeline/*", "platform/embedded", "npm:smtp-server"],
    },
    "pipeline/retention": {
      rooms: ["domain", "platform/process", "pipeline/audit", "pipeline/privacy", "pipeline/store"],
      packages: ["kysely"],
      tests: ["pipeline/record", "pipeline/review"],
    },
    // One person's data: taken out, erased, or kept by a legal hold.
    "pipeline/privacy": {
      rooms: ["domain", "platform/process", "pipeline/accounts", "pipeline/audit", "pipeline/store"],
      packages: ["kysely"],
      tests: ["pipeline/*"],
    },
    "pipeline/record": {
      rooms: [
        ...["domain", "platform/process", "pipeline", "pipeline/outbox", "pipeline/review", "pipeline/store"],
        "scorer/client",
      ],
      packages: ["kysely", "zod"],
      tests: ["features/*", "platform/embedded", "pipeline/testing", "scorer/testing"],
    },
    // How payments get into the queue by any door: what was decided before is told at once, back-pressure is one.
    "pipeline/doors": {
      rooms: [
        ...["domain", "platform/process", "pipeline", "pipeline/readiness", "pipeline/record"],
        ...["pipeline/store", "scorer/client"],
      ],
      packages: [
        ...["@nats-io/jetstream", "@nats-io/transport-node", "bullmq", "kafkajs", "kysely", "prom-client"],
        "zod",
      ],
      tests: ["pipeline/*", "platform/embedded"],
    },
    // From what is recorded to the aggregates of the schemas that serve.
    "pipeline/aggregates": {
      rooms: [
        ...["domain", "platform/process", "features/engine", "features/offline", "features/online"],
        ...["features/schema", "pipeline/store", "scorer/serving"],
      ],
      packages: ["kysely", "zod"],
      tests: ["pipeline/*", "platform/embedded", "features/testing"],
    },
    // What could not be decided: seen, put right, handed in again through the outbox.
    "pipeline/dead-letters": {
      rooms: [
        ...["domain", "platform/process", "pipeline/audit", "pipeline/outbox", "pipeline/record"],
        "pipeline/store",
      ],
      packages: ["bullmq", "kysely"],
      tests: ["pipeline/*", "platform/embedded", "scorer/client"],
    },
    // What endpoints that somebody named are told of decisions, cases and verdicts.
    "pipeline/webhooks": {
      rooms: [
        ...["domain", "platform/outgoing", "platform/process", "pipeline/accounts", "pipeline/alerts"],
        ...["pipeline/audit", "pipeline/mail", "pipeline/outbox", "pipeline/store"],
      ],
      packages: ["kysely", "zod"],
      tests: ["pipeline/*", "platform/embedded", "npm:standardwebhooks"],
    },
    // Payments of the past, from files into the store.
    "pipeline/imports": {
      rooms: [
        ...["domain", "platform/process", "features/engine", "features/offline", "features/online"],
        ...["pipeline/aggregates", "pipeline/audit", "pipeline/record", "pipeline/store"],
      ],
      packages: ["kysely"],
      tests: ["pipeline/*", "platform/embedded", "features/*"],
    },
    // What banks say of payments weeks later, as labels.
    "pipeline/chargebacks": {
      rooms: [
        ...["domain", "platform/process", "features/offline", "pipeline/audit", "pipeline/doors"],
        ...["pipeline/review", "pipeline/store"],
      ],
      packages: ["kysely", "zod"],
      tests: ["pipeline/*", "npm:hyparquet-writer"],
    },
    // Queues seen, paused, drained.
    "pipeline/queue-care": {
      rooms: ["domain", "platform/process", "pipeline", "pipeline/audit", "pipeline/store"],
      packages: ["bullmq", "kysely", "zod"],
      tests: ["pipeline/*", "platform/embedded"],
    },
    // What was recorded, out as files.
    "pipeline/exports": {
      rooms: ["domain", "platform/process", "pipeline/audit", "pipeline/store"],
      packages: ["hyparquet-writer", "kysely"],
      tests: ["pipeline/*", "npm:hyparquet", "npm:@duckdb/node-api"],
    },
    "pipeline/effects": {
      rooms: [
        ...["platform/process", "pipeline", "pipeline/aggregates", "pipeline/alerts", "pipeline/outbox"],
        ...["pipeline/review", "pipeline/store"],
      ],
      packages: ["bullmq", "kysely"],
    },
    "pipeline/readiness": {
      rooms: ["domain", "platform/process", "pipeline/store", "scorer/client"],
      packages: ["ioredis", "kysely"],
      tests: ["pipeline", "pipeline/record", "platform/embedded", "npm:bullmq"],
    },
    // How the house is, for people: what every neighbour and the store say within two seconds.
    "pipeline/status": {
      rooms: [
        ...["domain", "platform/process", "pipeline", "pipeline/alerts", "pipeline/models"],
        ...["pipeline/outbox", "pipeline/queue-care", "pipeline/readiness", "pipeline/store"],
        "scorer/client",
      ],
      packages: ["bullmq", "kysely"],
      tests: ["pipeline/*", "platform/embedded"],
    },
    "pipeline/simulator": {
      rooms: ["domain", "platform/math", "platform/process", "pipeline"],
      packages: ["bullmq", "zod"],
    },
    // Payments of a file through the queue, at a pace: read as an import reads them, handed in as the simulator does.
    "pipeline/replay": {
      rooms: [
        ...["domain", "platform/process", "features/offline", "pipeline", "pipeline/imports"],
        "pipeline/simulator",
      ],
      packages: ["zod"],
      tests: ["platform/embedded", "npm:bullmq", "npm:hyparquet-writer"],
    },
    // What is asked of models and what became of it; whoever has the registry does it.
    "pipeline/models": {
      rooms: ["domain", "platform/process", "pipeline/audit", "pipeline/store", "scorer/serving"],
      packages: ["bullmq", "kysely", "zod"],
    },
    "pipeline/workers": {
      rooms: [
        "pipeline/models",
        ...["domain", "platform/outgoing", "platform/process", "features/online", "scorer/client"],
        ...["pipeline", "pipeline/accounts", "pipeline/aggregates", "pipeline/alerts", "pipeline/audit"],
        ...["pipeline/dead-letters", "pipeline/effects", "pipeline/keys", "pipeline/mail", "pipeline/outbox"],
        ...["pipeline/policy", "pipeline/privacy", "pipeline/rates", "pipeline/readiness"],
        ...["pipeline/record", "pipeline/retention", "pipeline/review", "pipeline/store"],
        ...["pipeline/accounts", "pipeline/mail", "pipeline/webhooks", "platform/outgoing"],
      ],
      packages: ["bullmq", "kysely", "prom-client", "zod"],
      tests: ["npm:pino", "pipeline/simulator"],
    },
    "pipeline/testing": {
      tests: ["platform/process", "pipeline/*", "proto", `npm:${GRPC}`, "npm:grpc-health-check"],
    },

    "web/live": {
      rooms: [
        ...["domain", "platform/process", "pipeline", "pipeline/alerts", "pipeline/policy"],
        ...["pipeline/review", "pipeline/store"],
      ],
      packages: ["kysely"],
    },
    // What every part of the web stands on.
    "web/ground": {
      holds: [
        "web/assets.ts",
        "web/config.ts",
        "web/context.ts",
        "web/metrics.ts",
        "web/places.ts",
        "web/rate-limit.ts",
      ],
      rooms: [
        ...["domain", "platform/credentials", "platform/outgoing", "platform/process", "scorer/client"],
        ...["pipeline/accounts", "pipeline/mail", "pipeline/store", "web/live"],
      ],
      packages: [
        ...["@hono/node-server", "@simplewebauthn/browser", "bullmq", "hono", "htmx.org"],
        ...["kysely", "prom-client", "rate-limiter-flexible", "zod"],
      ],
    },
    "web/auth": {
      rooms: [
        ...["domain", "platform/credentials", "platform/process"],
        ...["pipeline/accounts", "pipeline/keys", "pipeline/mail", "pipeline/store", "web/ground"],
      ],
      packages: ["@simplewebauthn/server", "@hono/node-server", "hono", "kysely", "zod"],
    },
    "web/components": {
      rooms: [
        ...["domain", "features/policy", "models/impact", "platform/process", "pipeline/accounts"],
        ...["pipeline/alerts", "pipeline/audit", "pipeline/dead-letters", "pipeline/keys", "pipeline/policy"],
        ...["pipeline/privacy", "pipeline/review", "pipeline/store", "pipeline/webhooks"],
        ...["web/auth", "web/ground", "web/live"],
      ],
      packages: ["echarts", "hono", "uqr"],
    },
    "web/fragments": {
      rooms: [
        ...["platform/process", "pipeline/accounts", "web/auth", "web/components", "web/ground", "web/live"],
      ],
      packages: ["hono"],
      tests: ["domain"],
    },
    "web/reviews": {
      rooms: ["domain", "platform/process", "pipeline/review", "web/auth", "web/ground"],
      packages: ["zod"],
    },
    "web/api": {
      rooms: [
        ...["domain", "platform/process", "models/impact", "scorer/client"],
        ...["pipeline", "pipeline/alerts", "pipeline/analytics", "pipeline/audit", "pipeline/chargebacks"],
        ...[
          "pipeline/doors",
          "pipeline/exports",
          "pipeline/models",
          "pipeline/privacy",
          "pipeline/review",
          "pipeline/store",
        ],
        ...["pipeline/watch", "pipeline/webhooks"],
        ...["web/auth", "web/components", "web/ground", "web/reviews"],
      ],
      packages: ["hono", "kysely", "zod"],
      tests: ["pipeline/record", "proto", "scorer/scoring", "scorer/wire"],
    },
    "web/pages": {
      rooms: [
        ...["domain", "platform/process", "models/impact"],
        ...["features/expressions", "features/policy"],
        ...["pipeline/accounts", "pipeline/alerts", "pipeline/analytics", "pipeline/audit"],
        ...[
          "pipeline/dead-letters",
          "pipeline/exports",
          "pipeline/keys",
          "pipeline/mail",
          "pipeline/policy",
          "pipeline/review",
        ],
        ...[
          "pipeline/store",
          "pipeline/doors",
          "pipeline/models",
          "pipeline/privacy",
          "pipeline/queue-care",
          "pipeline/retention",
          "pipeline/watch",
          "pipeline/webhooks",
        ],
        ...[
          "web/api",
          "web/auth",
          "web/components",
          "web/fragments",
          "web/ground",
          "web/live",
          "web/reviews",
        ],
      ],
      packages: ["@simplewebauthn/server", "hono", "zod"],
    },
    // scorer/contract: how a failure on the way to the scorer is put, to its callers and at the door before them.
    web: {
      rooms: [
        ...["domain", "platform/embedded", "platform/process", "scorer/client", "scorer/contract"],
        ...["pipeline", "pipeline/accounts", "pipeline/audit", "pipeline/readiness", "pipeline/status"],
        "pipeline/store",
        ...["web/api", "web/auth", "web/ground", "web/live", "web/pages"],
      ],
      packages: ["@bull-board/api", "@bull-board/hono", "@hono/node-server", "hono", "playwright-core"],
      tests: [
        "pipeline/alerts",
        "pipeline/models",
        "pipeline/outbox",
        "pipeline/privacy",
        "pipeline/keys",
        "platform/outgoing",
        ...["pipeline/policy", "scorer/testing"],
        ...["pipeline/rates", "pipeline/record", "pipeline/review", `npm:${GRPC}`, "npm:kysely"],
        "npm:smtp-server",
        ...["pipeline/watch", "pipeline/webhooks", "platform/math", "platform/outgoing"],
        // Payments of a team's own go through a real scorer, whose model reads their fields.
        "scorer/testing",
      ],
    },
    "web/testing": {
      tests: [
        ...["domain", "platform/*", "pipeline/*", "scorer/client"],
        ...["web", "web/api", "web/ground", "web/live"],
        ...["npm:@hono/node-server", "npm:hono", "npm:kysely", "npm:oidc-provider", "npm:playwright-core"],
        "web/auth",
      ],
    },

    "deploy/boundaries": { packages: ["@babel/parser"], tests: ["domain", "platform/process"] },
    "deploy/runner": { rooms: ["platform/embedded", "platform/process"] },
    "deploy/embedded": {
      rooms: ["platform/embedded", "platform/process"],
      packages: ["@electric-sql/pglite", "pg", "zod"],
    },
    // What a start would need: it reads every process's settings and asks each neighbour as the processes do.
    "deploy/doctor": {
      rooms: [
        ...["platform/embedded", "platform/process", "deploy", "deploy/runner", "pipeline/doors"],
        ...["pipeline/readiness", "pipeline/simulator", "pipeline/store", "pipeline/workers"],
        ...["scorer", "scorer/serving", "web/ground"],
      ],
      packages: ["ioredis", "kysely", "nodemailer", "tsx", "zod"],
    },
    "deploy/backup": {
      rooms: [
        ...["platform/embedded", "platform/process", "deploy", "deploy/runner", "pipeline/audit"],
        ...["pipeline/store", "scorer/serving"],
      ],
      packages: ["@electric-sql/pglite", "ioredis", "kysely", "zod"],
      tests: ["pipeline/record", "npm:bullmq"],
    },
    // What is promised, and the rules, the dashboard and the runbook that are made of it.
    "deploy/prometheus": { rooms: ["domain", "platform/process"], packages: ["yaml"] },
    "deploy/compose": {
      tests: ["platform/process", "deploy/doctor", "deploy/runner", "npm:yaml", "npm:zod"],
    },
    // Files for platforms of others; a reader of TOML for their test.
    "deploy/platforms": {
      tests: [
        ...[
          "platform/credentials",
          "platform/process",
          "deploy/doctor",
          "deploy/runner",
          "npm:yaml",
          "npm:zod",
        ],
      ],
    },
    "deploy/image": { rooms: ["platform/process"] },
    "deploy/supply": { rooms: ["platform/process"], packages: ["zod"] },
    deploy: {
      // domain: docs/roles.md is written from its table of rights.
      rooms: [
        ...["domain", "platform/credentials", "platform/embedded", "platform/process"],
        ...["deploy/boundaries", "deploy/runner"],
      ],
      packages: ["@babel/parser", "scslre", "zod"],
      tests: ["scorer/client", "npm:ioredis", "npm:kysely", "npm:pg"],
    },
    // What others' programs may look like.
    "docs/examples": { packages: ["bullmq"] },
    bench: { outside: true },
    tools: { holds: ["vitest.config.ts"], packages: ["vitest"] },
  },
  only: { "onnxruntime-node": "scorer/scoring/model.ts" },
  tools: {
    "@biomejs/biome": "npm run check:lint",
    "@bufbuild/buf": "npm run check:proto",
    "@types/cli-progress": "types of cli-progress",
    "@types/node": "types of Node",
    "@types/nodemailer": "types of nodemailer",
    "@types/oidc-provider": "types of oidc-provider",
    "@types/smtp-server": "types of smtp-server",
    "@types/pg": "types of pg",
    typescript: "npm run check:types, npm run build",
  },
};
