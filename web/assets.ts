import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Handler } from "hono";

const here = join(import.meta.dirname, "assets");
const htmx = join(dirname(createRequire(import.meta.url).resolve("htmx.org/package.json")), "dist");

// The package gives out no path but its entry, script/index.js.
const webauthn = join(dirname(createRequire(import.meta.url).resolve("@simplewebauthn/browser")), "..");

/** Every file the browser may ask for: name → type and the files it is put together from. Nothing else is served. */
const files: Record<string, readonly [type: string, ...parts: string[]]> = {
  "app.css": [
    "text/css; charset=utf-8",
    ...[
      "tokens",
      "base",
      "shell",
      "components",
      "pages",
      "people",
      "keys",
      "policy",
      "payment-strip",
      "review",
      "queue",
      "alerts",
      "models",
      "status",
      "analytics",
    ].map((name) => join(here, `${name}.css`)),
  ],
  "app.js": [
    "text/javascript; charset=utf-8",
    ...[
      "notices.js",
      "copy.js",
      "reveal.js",
      "expressions.js",
      "drafts.js",
      "case.js",
      "live-state.js",
      "clock.js",
      "keyboard.js",
      "menus.js",
      "pointer.js",
      "theme.js",
    ].map((name) => join(here, name)),
  ],
  "api-docs.js": ["text/javascript; charset=utf-8", join(here, "api-docs.js")],
  "passkeys.js": [
    "text/javascript; charset=utf-8",
    join(webauthn, "dist", "bundle", "index.umd.min.js"),
    join(here, "passkeys.js"),
  ],
  "push.js": ["text/javascript; charset=utf-8", join(here, "push.js")],
  "push-worker.js": ["text/javascript; charset=utf-8", join(here, "push-worker.js")],
  "htmx.js": [
    "text/javascript; charset=utf-8",
    join(htmx, "htmx.min.js"),
    join(htmx, "ext", "hx-sse.min.js"),
  ],
  "favicon.svg": ["image/svg+xml", join(here, "favicon.svg")],
  "inter-latin.woff2": ["font/woff2", join(here, "fonts", "inter-latin.woff2")],
};

interface Asset {
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly version: string;
}

const assets = new Map<string, Asset>();
for (const [name, [type, ...parts]] of Object.entries(files)) {
  const body = Uint8Array.from(
    Buffer.concat(parts.flatMap((part) => [readFileSync(part), Buffer.from("\n")])),
  );
  // The newline after each part keeps a last line comment from swallowing the next script; binaries stay as they are.
  const exact = parts.length === 1 ? Uint8Array.from(readFileSync(parts[0] as string)) : body;
  const version = createHash("sha256").update(exact).digest("base64url").slice(0, 12);
  assets.set(name, { type, body: exact, version });
}

/** The address of an asset; it changes with the content, so browsers may keep it for ever. */
export function assetUrl(name: keyof typeof files & string): string {
  const asset = assets.get(name);
  if (!asset) throw new Error(`no asset ${name}`);
  return `/assets/${name}?v=${asset.version}`;
}

/** `GET /assets/:name`. */
export const serveAsset: Handler = (c) => {
  const asset = assets.get(c.req.param("name") ?? "");
  if (!asset) return c.notFound();
  c.header("Content-Type", asset.type);
  c.header(
    "Cache-Control",
    c.req.query("v") === asset.version ? "public, max-age=31536000, immutable" : "no-cache",
  );
  return c.body(asset.body);
};
