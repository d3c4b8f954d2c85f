import { once } from "node:events";
import { createServer } from "node:net";

/** A port that must be free, and the variable that moves it. */
export interface WantedPort {
  readonly port: number;
  readonly what: string;
  readonly variable: string;
}

/** One sentence for each port that something else already listens on. */
export async function takenPorts(wanted: readonly WantedPort[]): Promise<string[]> {
  const complaints: string[] = [];
  for (const { port, what, variable } of wanted) {
    if (!(await canListen(port))) {
      complaints.push(
        `Port ${port} (${what}) is taken by another program. Stop it, or set ${variable} to a free port, ` +
          `e.g. ${variable}=${port + 1} npm start`,
      );
    }
  }
  return complaints;
}

async function canListen(port: number): Promise<boolean> {
  for (const host of ["127.0.0.1", "0.0.0.0"]) {
    const server = createServer();
    try {
      server.listen(port, host);
      await once(server, "listening");
    } catch {
      return false;
    } finally {
      server.close();
    }
    await once(server, "close").catch(() => {});
  }
  return true;
}
