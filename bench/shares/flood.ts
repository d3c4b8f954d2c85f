import { request as httpRequest } from "node:http";
import { createScorerClient } from "../../scorer/client.ts";
import { openRaw } from "../scorer/load.ts";
import { scoreRequests } from "../scorer/messages.ts";

/** Started by bench/shares.ts in a process of its own: asks for all it can, one way, until it is ended. */
const [kind, address = "", key = ""] = process.argv.slice(2);
const v = new Array<number>(28).fill(0.1);

/** Keeps so many under way for ever. */
function keep(atOnce: number, ask: () => Promise<unknown>): void {
  for (let i = 0; i < atOnce; i++) {
    void (async () => {
      for (;;) await ask().catch(() => {});
    })();
  }
}

function http(path: string, body?: string): Promise<void> {
  return new Promise((resolve) => {
    const headers = {
      authorization: `Bearer ${key}`,
      ...(body ? { "content-type": "application/json" } : {}),
    };
    const request = httpRequest(`${address}${path}`, { method: body ? "POST" : "GET", headers }, (response) =>
      response.resume().on("close", () => resolve()),
    );
    request.on("error", () => resolve());
    request.end(body);
  });
}

if (kind === "score") {
  const raw = openRaw(address);
  const requests = scoreRequests(500);
  let next = 0;
  keep(2_000, () => {
    next++;
    return new Promise<void>((resolve) =>
      raw.call("Score", requests[next % requests.length] as Buffer, () => resolve()),
    );
  });
} else if (kind === "explain") {
  const many = Array.from({ length: 2_000 }, (_, i) => ({ transactionId: `m-${i}`, time: 1, v, amount: 1 }));
  for (let i = 0; i < 5; i++) {
    const client = createScorerClient({ address, deadlineMs: 60_000 });
    keep(1, () => client.scoreBatch(many, { explainFrom: "low" }));
  }
} else if (kind === "calls") keep(100, () => http("/api/v1/reviews"));
else {
  const transactions = Array.from({ length: 2_000 }, (_, i) => ({
    transaction_id: `m-${i}`,
    time: 1,
    v,
    amount: 1,
  }));
  const body = JSON.stringify({ transactions });
  keep(20, () => http("/api/v1/score/batch", body));
}
console.log("ready");
