import type { Child, FC } from "hono/jsx";
import { anchorOf } from "../../domain/status.ts";

/**
 * What our own runbook is written in, and no more: headings, paragraphs, lists, tables and code; in a line code, strong
 * and stressed words, and links. Everything else stands as it is written.
 */
export const Markdown: FC<{
  readonly text: string;
  /** Where a link leads; undefined where it leads nowhere from here, and is its words alone. */
  readonly hrefOf: (to: string) => string | undefined;
}> = ({ text, hrefOf }) => (
  <>
    {blocksOf(text).map((block) => (
      <Block block={block} hrefOf={hrefOf} />
    ))}
  </>
);

type HrefOf = (to: string) => string | undefined;

/** Lines that belong together: up to an empty one, a heading by itself, code up to its end. */
function blocksOf(text: string): string[][] {
  const blocks: string[][] = [];
  let open: string[] = [];
  let inCode = false;
  const close = (): void => {
    if (open.length > 0) blocks.push(open);
    open = [];
  };
  for (const line of text.split("\n")) {
    if (line.startsWith("```")) {
      if (!inCode) close();
      open.push(line);
      if (inCode) close();
      inCode = !inCode;
    } else if (inCode) open.push(line);
    else if (line.trim() === "" || line.startsWith("<!--")) close();
    else if (line.startsWith("#")) {
      close();
      blocks.push([line]);
    } else {
      if (open[0]?.startsWith("|") !== line.startsWith("|")) close();
      open.push(line);
    }
  }
  close();
  return blocks;
}

const Block: FC<{ readonly block: readonly string[]; readonly hrefOf: HrefOf }> = ({ block, hrefOf }) => {
  const [first = ""] = block;
  if (first.startsWith("```")) {
    return (
      <pre class="runbook-code">
        <code>{block.slice(1, -1).join("\n")}</code>
      </pre>
    );
  }
  if (first.startsWith("|")) return <Table rows={block} hrefOf={hrefOf} />;
  if (first.startsWith("- ")) {
    return (
      <ul>
        {block.map((line) => (
          <li>{inline(line.slice(2), hrefOf)}</li>
        ))}
      </ul>
    );
  }
  const heading = /^(#{1,4}) (.*)$/.exec(first);
  if (!heading) return <p>{inline(block.join(" "), hrefOf)}</p>;
  const [, marks = "", title = ""] = heading;
  const inside = inline(title, hrefOf);
  const id = anchorOf(title);
  // The page's own heading is the first of all.
  if (marks.length <= 2) return <h2 id={id}>{inside}</h2>;
  return <h3 id={id}>{inside}</h3>;
};

/** Cells of a row; a bar within code, or behind a backslash, parts nothing. */
function cellsOf(row: string): string[] {
  const cells: string[] = [];
  let cell = "";
  let inCode = false;
  for (const [i, letter] of [...row.trim()].entries()) {
    if (letter === "`") inCode = !inCode;
    if (letter !== "|" || inCode) cell += letter;
    else if (cell.endsWith("\\")) cell = `${cell.slice(0, -1)}|`;
    else {
      if (i > 0) cells.push(cell.trim());
      cell = "";
    }
  }
  return cells;
}

const Table: FC<{ readonly rows: readonly string[]; readonly hrefOf: HrefOf }> = ({ rows, hrefOf }) => {
  const isRule = (row: string | undefined): boolean => row !== undefined && /^[|\s:-]+$/.test(row);
  const names = isRule(rows[1]) ? cellsOf(rows[0] ?? "") : [];
  const head = names.some((name) => name !== "") ? names : [];
  const body = isRule(rows[1]) ? rows.slice(2) : rows;
  return (
    <div class="table-wrap">
      <table class="audit runbook-table">
        {head.length > 0 && (
          <thead>
            <tr>
              {head.map((cell) => (
                <th scope="col">{inline(cell, hrefOf)}</th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {body.map((row) => (
            <tr>
              {cellsOf(row).map((cell) => (
                <td>{inline(cell, hrefOf)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|\[([^[\]]+)\]\(([^()\s]+)\)/;

function inline(text: string, hrefOf: HrefOf): Child[] {
  const found = INLINE.exec(text);
  if (!found) return [text];
  const [whole, code, strong, stressed, words, to] = found;
  const before = text.slice(0, found.index);
  const rest = inline(text.slice(found.index + whole.length), hrefOf);
  if (code !== undefined) return [before, <code>{code}</code>, ...rest];
  if (strong !== undefined) return [before, <strong>{inline(strong, hrefOf)}</strong>, ...rest];
  if (stressed !== undefined) return [before, <em>{inline(stressed, hrefOf)}</em>, ...rest];
  const href = hrefOf(to ?? "");
  const inside = inline(words ?? "", hrefOf);
  return [before, href === undefined ? <span>{inside}</span> : <a href={href}>{inside}</a>, ...rest];
}
