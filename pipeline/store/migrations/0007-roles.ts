import { type Kysely, type Migration, sql } from "kysely";

/** The roles of a whole team (domain/rights.ts). */
export const roles: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`alter table users drop constraint users_role_check`.execute(db);
    await sql`
      alter table users add constraint users_role_check check (role in
        ('viewer', 'analyst', 'lead', 'manager', 'data_scientist', 'auditor', 'admin'))`.execute(db);
  },
};
