import { describe, expect, it } from "vitest";
import { DomainError, type ErrorCode } from "../../platform/process/errors.ts";
import { CircuitBreaker } from "./circuit-breaker.ts";

const fail = (code: ErrorCode) => () => Promise.reject(new DomainError(code, code));
const succeed = () => Promise.resolve("fine");

describe("circuit breaker", () => {
  it("opens after failures in a row, lets one try after the cool-down, closes when it works", async () => {
    let now = 0;
    const breaker = new CircuitBreaker({ failures: 3, coolDownMs: 1_000 }, () => now);
    for (let i = 0; i < 3; i++) await expect(breaker.run(fail("unavailable"))).rejects.toThrow("unavailable");
    expect(breaker.state).toBe("open");
    now = 400;
    let called = false;
    const refused = breaker.run(async () => {
      called = true;
    });
    await expect(refused).rejects.toMatchObject({ code: "unavailable", retryAfterMs: 600 });
    expect(called).toBe(false);

    now = 1_000;
    await expect(breaker.run(fail("deadline_exceeded"))).rejects.toThrow();
    expect(breaker.state).toBe("open");
    now = 2_000;
    let finish: (value: string) => void = () => {};
    const trying = breaker.run(
      () =>
        new Promise<string>((resolve) => {
          finish = resolve;
        }),
    );
    await expect(breaker.run(succeed)).rejects.toThrow("not trying again yet");
    finish("fine");
    expect(await trying).toBe("fine");
    expect(await breaker.run(succeed)).toBe("fine");
    expect(breaker.state).toBe("closed");
  });

  it("counts neither refusals nor calls that were given up", async () => {
    const breaker = new CircuitBreaker({ failures: 2, coolDownMs: 1_000 });
    for (const code of ["unavailable", "invalid_argument", "unavailable", "resource_exhausted"] as const) {
      await expect(breaker.run(fail(code))).rejects.toThrow();
    }
    for (let i = 0; i < 5; i++) await expect(breaker.run(fail("cancelled"))).rejects.toThrow();
    expect(breaker.state).toBe("closed");
  });
});
