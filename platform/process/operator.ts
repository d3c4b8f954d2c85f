import { userInfo } from "node:os";
import type { Actor } from "../../domain/actors.ts";

/** Who works at this machine's command line, as an actor: the operating system's word for it. */
export function operator(): Actor {
  try {
    const { uid, username } = userInfo();
    return { kind: "operator", id: String(uid), name: username };
  } catch {
    // A container may run as a number that has no name.
    const id = String(process.getuid?.() ?? "unknown");
    return { kind: "operator", id, name: id };
  }
}
