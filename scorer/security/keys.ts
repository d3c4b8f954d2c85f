import { BearerTokens } from "../../platform/credentials/bearer-jwt.ts";
import type { JwtSettings } from "../../platform/credentials/jwt-config.ts";
import { readKeyFile } from "../../platform/credentials/key-file.ts";
import { ChangedFiles } from "../../platform/process/changed-files.ts";
import { messageOf } from "../../platform/process/errors.ts";
import type { Logger } from "../../platform/process/logger.ts";
import type { RedisLink } from "../../platform/process/redis-link.ts";
import { KeyAuthority } from "./authority.ts";
import { StoredKeys } from "./stored-keys.ts";

/** Where keys come from; each may be left out. */
export interface KeySources extends RedisLink {
  readonly SCORER_API_KEYS_FILE?: string | undefined;
  readonly SCORER_HOUSE_KEY_SHA256?: string | undefined;
  readonly REDIS_PREFIX: string;
  readonly lastKeys: string;
  readonly jwt: JwtSettings | undefined;
}

/** Every key that the scorer knows, followed. */
export interface Keys {
  readonly authority: KeyAuthority;
  /** Looks whether any of them have changed; a source that is away or wrong leaves its keys as they were. */
  refresh(): Promise<void>;
  close(): void;
}

/** @throws DomainError `invalid_argument` when the keys' file cannot be used */
export async function openKeys(sources: KeySources, logger: Logger): Promise<Keys> {
  const { SCORER_API_KEYS_FILE: file, SCORER_HOUSE_KEY_SHA256: house, REDIS_URL: redisUrl } = sources;
  const authority = new KeyAuthority(sources.jwt && new BearerTokens(sources.jwt));
  const changed = new ChangedFiles(file === undefined ? [] : [file]);
  await changed.look();
  if (file !== undefined) authority.replace("file", await readKeyFile(file));
  if (house !== undefined) {
    const rights = ["transactions.score", "transactions.record", "decisions.explain"] as const;
    authority.replace("house", [{ id: "house", name: "house", sha256: house, rights }]);
  }
  const stored =
    redisUrl === undefined
      ? undefined
      : await StoredKeys.open({
          redis: { ...sources, REDIS_URL: redisUrl },
          prefix: sources.REDIS_PREFIX,
          file: sources.lastKeys,
          authority,
          logger,
        });
  return {
    authority,
    async refresh() {
      await stored?.refresh();
      if (file === undefined || !(await changed.look())) return;
      try {
        authority.replace("file", await readKeyFile(file));
        logger.info("API keys renewed");
      } catch (error) {
        logger.error(`API keys are left as they were: ${messageOf(error)}`);
      }
    },
    close: () => stored?.close(),
  };
}
