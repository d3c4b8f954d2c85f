import { z } from "zod";
import { ACTOR_KINDS } from "../../domain/actors.ts";

/** An actor as files and messages keep it (`Actor` of domain/actors.ts). */
export const actorSchema = z.object({ kind: z.enum(ACTOR_KINDS), id: z.string(), name: z.string() });
