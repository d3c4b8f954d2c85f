/** The report's style sheet: A4 in print, one column on a screen, nothing loaded from anywhere. */
export const style = `
@page { size: A4; margin: 17mm 16mm 18mm; }
@page manager { margin: 12mm 16mm 17mm; }
:root { --ink: #1b2430; --muted: #5f6b7a; --line: #dfe4ea; --soft: #f5f7f9; }
* { box-sizing: border-box; }
html { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
body { margin: 0 auto; max-width: 760px; padding: 0 20px 60px; color: var(--ink); background: #fff;
  font: 14.5px/1.5 "Liberation Sans", "Helvetica Neue", Arial, sans-serif; counter-reset: section figure table; }
header.cover { border-bottom: 3px solid var(--ink); padding: 28px 0 12px; margin-bottom: 14px; }
header.cover .over { font-size: 12px; letter-spacing: .08em; text-transform: uppercase; color: var(--muted); }
h1 { font-size: 29px; line-height: 1.15; margin: 4px 0 6px; letter-spacing: -.01em; }
header.cover p { margin: 0; color: var(--muted); font-size: 13px; }
h2 { font-size: 20px; line-height: 1.25; margin: 44px 0 8px; padding-top: 14px; border-top: 1px solid var(--line);
  counter-increment: section; break-after: avoid; }
h2::before { content: counter(section) "  "; color: var(--muted); white-space: pre; }
h3 { font-size: 15.5px; margin: 24px 0 4px; break-after: avoid; }
p { margin: 6px 0 10px; }
ul { margin: 6px 0 10px; padding-left: 20px; }
li { margin: 3px 0; }
.lead { font-size: 16px; line-height: 1.5; }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 8px; margin: 14px 0; }
.tile { border: 1px solid var(--line); border-top: 3px solid #3b6ea5; border-radius: 3px; padding: 8px 10px 9px; }
.tile .name { font-size: 11.5px; color: var(--muted); }
.tile .value { font-size: 23px; font-weight: 700; line-height: 1.25; letter-spacing: -.01em; white-space: nowrap; }
.tile .note { font-size: 11px; line-height: 1.35; color: var(--muted); }
.warning { border-left: 4px solid #b0322a; background: #fbf1f0; padding: 8px 12px; margin: 12px 0; font-size: 13.5px; }
.tag { display: inline-block; font-size: 9.5px; line-height: 1; letter-spacing: .04em; text-transform: uppercase;
  font-weight: 700; padding: 3px 5px 2px; border-radius: 2px; vertical-align: 1px; margin-right: 3px; white-space: nowrap; }
.tag.honest { background: #dcefe5; color: #1d5f42; }
.tag.original { background: #f6e6cf; color: #7a4a06; }
.tag.published { background: #ece6f3; color: #54307c; }
.tag.walk-forward { background: #dcefe5; color: #1d5f42; outline: 1px solid #7fb89a; }
.tag.data { background: #e4e9ef; color: #3d4a59; }
.tag.assumptions { background: #d9e8f5; color: #1f4d78; }
figure { margin: 16px 0 18px; break-inside: avoid; }
figure svg { display: block; width: 100%; height: auto; }
figcaption, caption { font-size: 12px; line-height: 1.4; color: var(--muted); text-align: left; }
figcaption { margin-top: 4px; }
figcaption::before { counter-increment: figure; content: "Figure " counter(figure) "  "; color: var(--ink); font-weight: 700; white-space: pre; }
.row { display: grid; grid-template-columns: 1fr 1fr; gap: 20px; break-inside: avoid; align-items: start; }
.row figure { margin: 12px 0; min-width: 0; }
.table { overflow-x: auto; margin: 14px 0 18px; break-inside: avoid; }
.table.long { break-inside: auto; }
table { border-collapse: collapse; width: 100%; font-size: 12.5px; line-height: 1.35; font-variant-numeric: tabular-nums; }
caption { caption-side: top; padding-bottom: 5px; }
caption::before { counter-increment: table; content: "Table " counter(table) "  "; color: var(--ink); font-weight: 700; white-space: pre; }
th { font-size: 11px; color: var(--muted); font-weight: 600; vertical-align: bottom; border-bottom: 1.5px solid var(--ink); }
th, td { padding: 4px 8px; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
td { border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: break-word; }
.text { text-align: left; }
.number { text-align: right; white-space: nowrap; }
.keep { white-space: nowrap; }
tr { break-inside: avoid; }
td b { font-weight: 700; }
code { font: 12px/1.4 "DejaVu Sans Mono", Menlo, monospace; overflow-wrap: anywhere; }
.summary { border-top: 6px solid var(--line); margin-top: 48px; }
.manager .row { margin-top: 4px; }
.picture .title { font-size: 13px; font-weight: 700; }
.manager .row .picture { min-width: 0; }
.manager .picture figure { margin: 4px 0 10px; }
.manager figcaption b { color: var(--ink); }
.manager .words p { margin-bottom: 0; } .manager .words ul { margin-top: 2px; }
.manager .decision { border-left: 4px solid #3b6ea5; padding-left: 12px; }
.manager .words ul { padding-left: 16px; }
.basis { font-size: 12px; color: var(--muted); border-top: 1px solid var(--line); padding-top: 6px; }
.small { font-size: 12.5px; color: var(--muted); }
footer { margin-top: 40px; border-top: 1px solid var(--line); padding-top: 8px; font-size: 12px; color: var(--muted); }
@media (max-width: 640px) {
  body { padding: 0 14px 40px; }
  .tiles { grid-template-columns: 1fr 1fr; }
  .row { grid-template-columns: 1fr; gap: 0; }
  .tile .value { font-size: 20px; }
  .number { white-space: normal; }
  th, td { padding-left: 5px; padding-right: 5px; }
  td:first-child { min-width: 110px; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 10.2pt; line-height: 1.42; }
  header.cover { padding-top: 0; }
  .lead { font-size: 11.2pt; }
  .summary .lead { font-size: 10.6pt; line-height: 1.4; margin-bottom: 6px; }
  .summary .warning { font-size: 9pt; line-height: 1.35; padding: 5px 10px; margin: 6px 0; }
  .summary li { font-size: 9.2pt; line-height: 1.35; margin: 1px 0; } .summary .tiles { margin: 8px 0; }
  .summary .table, .summary figure { margin: 8px 0; } .summary h3 { margin-top: 8px; }
  .summary h1 { font-size: 17pt; margin: 1px 0 2px; } .summary header.cover { padding-bottom: 6px; margin-bottom: 8px; }
  .manager { page: manager; } .summary { break-before: page; border-top: 0; margin-top: 0; }
  .manager header.cover { padding-bottom: 5px; margin-bottom: 6px; border-bottom-width: 2px; }
  .manager h1 { font-size: 17pt; margin: 1px 0 2px; } .manager header.cover p { font-size: 8.4pt; }
  .manager p, .manager li { font-size: 8.8pt; line-height: 1.34; margin: 3px 0; }
  .manager .lead { font-size: 9.4pt; } .manager li { margin: 1px 0; } .manager ul { margin: 1px 0 3px; }
  .manager .tiles { margin: 6px 0; } .manager .tile { padding: 4px 8px 5px; }
  .manager .tile .value { font-size: 18px; } .manager .tile .note { font-size: 7.4pt; line-height: 1.3; }
  .manager .picture figure { margin: 1px 0 5px; } .manager figcaption { font-size: 7.8pt; line-height: 1.3; margin-top: 1px; }
  .picture .title { font-size: 9pt; } .manager .small { font-size: 7.8pt; line-height: 1.3; }
  .manager .warning { padding: 4px 10px; } .manager .basis { font-size: 7.4pt; line-height: 1.3; padding-top: 3px; }
  section.page { break-before: page; }
  section.page > h2:first-child { border-top: 0; padding-top: 0; margin-top: 0; }
  h1 { font-size: 22pt; } h2 { font-size: 15pt; } h3 { font-size: 11.5pt; }
  table { font-size: 8.8pt; } th { font-size: 8pt; } figcaption, caption { font-size: 8.4pt; }
  p, li { orphans: 3; widows: 3; }
  th, td { padding-top: 2.5px; padding-bottom: 2.5px; }
  figure { margin: 10px 0 12px; } .table { margin: 10px 0 12px; } h3 { margin-top: 14px; }
}
`;
