import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { profileSchema, type SimulatorProfile } from "./profile-schema.ts";

/** The profile that comes with the project. */
export const PROFILE_PATH = fileURLToPath(new URL("profile.json", import.meta.url));

/** @throws when the file is missing or not a profile */
export async function readProfile(path = PROFILE_PATH): Promise<SimulatorProfile> {
  return profileSchema.parse(JSON.parse(await readFile(path, "utf8")));
}
