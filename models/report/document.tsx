import { raw } from "hono/html";
import { DataSection, PreparationSection } from "./sections/data.tsx";
import { HonestSection } from "./sections/honest.tsx";
import { ImpactSection } from "./sections/impact.tsx";
import { ManagerPage } from "./sections/manager.tsx";
import { OriginalSection } from "./sections/original.tsx";
import { ProvenanceSection } from "./sections/provenance.tsx";
import { ReasonsSection } from "./sections/reasons.tsx";
import { Summary } from "./sections/summary.tsx";
import { TiersSection } from "./sections/tiers.tsx";
import type { Study } from "./study.ts";
import { style } from "./style.ts";

/** The report as one HTML file that asks nothing of the network: a page for a manager, then the scientist's part. */
export function renderDocument(study: Study): string {
  const { card } = study;
  const document = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{`Fraud model report: ${card.name}@${card.version}`}</title>
        <style>{raw(style)}</style>
      </head>
      <body>
        <ManagerPage study={study} />
        <Summary study={study} />
        <DataSection study={study} />
        <PreparationSection study={study} />
        <OriginalSection study={study} />
        <HonestSection study={study} />
        <ReasonsSection study={study} />
        <TiersSection study={study} />
        <ImpactSection study={study} />
        <ProvenanceSection study={study} />
        <footer>
          PaySecure · made by npm run report on {study.createdAt.slice(0, 16).replace("T", " ")} UTC
        </footer>
      </body>
    </html>
  );
  return `<!doctype html>\n${document.toString()}\n`;
}
