import { chromium } from "playwright-core";
import { CHROMIUM_ARGS, ensureChromium } from "../../platform/embedded/chromium.ts";

/**
 * Typesets the report with Debian's Chromium (installed when missing), numbered pages, no access to any network.
 *
 * @param html the self-contained document
 * @param title in the running foot
 * @param say is told when Chromium has to be installed
 * @throws ProgramMissingError where there is no Chromium and none can be installed
 */
export async function printPdf(html: string, title: string, say: (message: string) => void): Promise<Buffer> {
  const browser = await chromium.launch({
    executablePath: await ensureChromium(say),
    args: [...CHROMIUM_ARGS],
  });
  try {
    const context = await browser.newContext({ offline: true, javaScriptEnabled: false });
    const page = await context.newPage();
    await page.setContent(html, { waitUntil: "load" });
    const foot =
      "font: 8px Liberation Sans, Arial, sans-serif; color: #5f6b7a; width: 100%; padding: 0 16mm; display: flex; justify-content: space-between;";
    return await page.pdf({
      preferCSSPageSize: true,
      printBackground: true,
      outline: true,
      tagged: true,
      displayHeaderFooter: true,
      headerTemplate: "<span></span>",
      footerTemplate: `<div style="${foot}"><span>${title}</span><span><span class="pageNumber"></span> / <span class="totalPages"></span></span></div>`,
    });
  } finally {
    await browser.close();
  }
}
