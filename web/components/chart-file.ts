import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Colours of the light theme by the names of their CSS variables: a picture in a file has no style sheet. */
const LIGHT = new Map(
  readFileSync(join(import.meta.dirname, "../assets/tokens.css"), "utf8")
    .split("\n")
    .flatMap((line) => {
      const [, name, colour] = /^ {2}--([\w-]+): light-dark\((#[0-9a-f]+),/.exec(line) ?? [];
      return name !== undefined && colour !== undefined ? [[name, colour] as const] : [];
    }),
);

const PADDING = 12;
const TITLE = 26;

/**
 * A chart of a page as an SVG file of its own: light colours, a ground, and what it shows above it.
 *
 * @param svg one of our drawings, with a `viewBox` that begins at 0 0
 * @param title told of what and when; in XML
 */
export function chartFile(svg: string, title: string): string {
  const [, width = "0", height = "0"] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? [];
  const [w, h] = [Number(width) + 2 * PADDING, Number(height) + 2 * PADDING + TITLE];
  const label = /aria-label="([^"]*)"/.exec(svg)?.[1] ?? "";
  const drawing = svg
    .replace(/^[\s\S]*?<svg [^>]*>/, "")
    .replace(/<\/svg>[\s\S]*$/, "")
    .replace(/class="hit"/g, 'fill-opacity="0"')
    .replace(/var\(--([\w-]+)\)/g, (_, name: string) => LIGHT.get(name) ?? "#16201b");
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" role="img" ` +
    `aria-label="${label}" font-family="Inter, 'Helvetica Neue', Arial, sans-serif" font-size="11">` +
    `<rect width="${w}" height="${h}" fill="${LIGHT.get("surface")}"/>` +
    `<text x="${PADDING}" y="${PADDING + 11}" font-size="13" font-weight="600" fill="${LIGHT.get("ink")}">${escapeXml(title)}</text>` +
    `<g transform="translate(${PADDING} ${PADDING + TITLE})">${drawing}</g></svg>\n`
  );
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
