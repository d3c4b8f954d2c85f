import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{proto,scorer,pipeline,web,models,deploy,platform,bench}/**/*.test.{ts,tsx}"],
    testTimeout: 20_000,
    hookTimeout: 120_000,
    // A focused test must not pass for the whole (Biome takes a learner's fit() for one, so it does not look in models/).
    allowOnly: false,
    // Two cores: a file more than that only makes the others wait.
    maxWorkers: 2,
  },
});
