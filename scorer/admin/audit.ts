import { appendFile, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { DomainError } from "../../platform/process/errors.ts";
import type { Logger } from "../../platform/process/logger.ts";

/** One change of what is served. */
export interface AuditEntry {
  /** Name of the key that asked for it. */
  readonly by: string;
  readonly action: "load" | "promote" | "roll_back" | "set_challenger" | "set_shadows";
  readonly before: string;
  readonly after: string;
  readonly reason: string;
}

/** Where changes are written down, before they happen. */
export interface AuditLog {
  /** @throws DomainError `conflict` when it cannot be written: then the change must not happen */
  write(entry: AuditEntry): Promise<void>;
}

/** One JSON line a change in a file that is only added to, and in the process's log. */
export function openAuditLog(path: string, logger: Logger): AuditLog {
  return {
    async write(entry) {
      const line = { at: new Date().toISOString(), ...entry };
      try {
        await mkdir(dirname(path), { recursive: true });
        await appendFile(path, `${JSON.stringify(line)}\n`, { mode: 0o600 });
      } catch (error) {
        throw new DomainError("conflict", "the audit log cannot be written, so nothing is changed", {
          cause: error,
        });
      }
      logger.info({ audit: line }, "models changed");
    },
  };
}
