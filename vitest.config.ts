import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{domain,features,proto,scorer,pipeline,web,models,deploy,platform,bench}/**/*.test.{ts,tsx}"],
    globalSetup: "pipeline/testing/run-postgres.ts",
    // Modules are read once by a worker: 300 s of a run went into reading them for each file.
    isolate: false,
    // There to end a hang, never to judge speed: on a busy machine everything takes ten times as long.
    testTimeout: 120_000,
    hookTimeout: 300_000,
    // A focused test must not pass for the whole (Biome takes a learner's fit() for one, so it does not look in models/).
    allowOnly: false,
    // Two cores: a file more than that only makes the others wait.
    maxWorkers: 2,
  },
});
