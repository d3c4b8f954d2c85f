import { raw } from "hono/html";
import type { Child, FC } from "hono/jsx";

/** Which of the protocols a figure was measured by; "data" for what needs no model, "assumptions" for money. */
export type Source = "original" | "honest" | "walk-forward" | "data" | "published" | "assumptions";

const SOURCES: Readonly<Record<Source, string>> = {
  original: "original protocol",
  honest: "honest protocol",
  "walk-forward": "walk forward",
  data: "data",
  published: "published by the original",
  assumptions: "honest protocol + assumptions",
};

/** The label that every figure and table carries. */
export const Tag: FC<{ source: Source }> = ({ source }) => (
  <span class={`tag ${source}`}>{SOURCES[source]}</span>
);

/** A drawn figure with its caption; numbered by the style sheet. */
export const Figure: FC<{ svg: string; source: Source; children?: Child }> = ({ svg, source, children }) => (
  <figure>
    {raw(svg)}
    <figcaption>
      <Tag source={source} /> {children}
    </figcaption>
  </figure>
);

/** Figures side by side. */
export const Row: FC<{ children?: Child }> = ({ children }) => <div class="row">{children}</div>;

/** A table: the first column is text, the others are figures. */
export const Table: FC<{
  head: readonly Child[];
  rows: readonly (readonly Child[])[];
  /** Left out where the columns or rows carry tags of their own. */
  source?: Source;
  caption: Child;
  text?: readonly number[];
}> = ({ head, rows, source, caption, text = [] }) => {
  const kind = (column: number): string => (column === 0 || text.includes(column) ? "text" : "number");
  return (
    <div class="table">
      <table>
        <caption>
          {source && <Tag source={source} />} {caption}
        </caption>
        <thead>
          <tr>
            {head.map((name, column) => (
              <th class={kind(column)}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells) => (
            <tr>
              {cells.map((cell, column) => (
                <td class={kind(column)}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};

/** A headline figure. */
export const Tile: FC<{ name: string; value: string; note: string }> = ({ name, value, note }) => (
  <div class="tile">
    <div class="name">{name}</div>
    <div class="value">{value}</div>
    <div class="note">{note}</div>
  </div>
);
