import { expect, test } from "vitest";
import { nextPath, withNext } from "./next-path.ts";

test.each(["/", "/reviews/17", "/reviews?show=decided&page=2", "/transaction?id=a%2Fb", "/team#ann"])(
  "%s is where one goes on",
  (path) => {
    expect(nextPath(path)).toBe(path);
    expect(nextPath(new URL(withNext("/sign-in", path), "http://x").searchParams.get("next") ?? "/")).toBe(
      path,
    );
  },
);

test.each([
  undefined,
  "",
  "reviews",
  "//evil.example",
  "/\\evil.example",
  "/\t/evil.example",
  "/\n//evil.example",
  "/..//evil.example",
  "https://evil.example/",
  "javascript:alert(1)",
  "/sign-in",
  "/sign-out",
  "/live/frame",
  `/${"x".repeat(3_000)}`,
  ["/reviews"],
])("%s leads nowhere but to the dashboard", (given) => {
  expect(nextPath(given)).toBe("/");
});
