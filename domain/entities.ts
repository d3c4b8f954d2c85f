/** What a payment has in common with others: a name of {@link ENTITY_NAME}'s form → its id, e.g. customer → "c-17". */
export type Entities = Readonly<Record<string, string>>;

/** How an entity or a field of a team's own is named. */
export const ENTITY_NAME = /^[a-z][a-z0-9_]{0,63}$/;

/**
 * A value of a team's own field: number, text, flag; a moment as ISO 8601 in UTC, to the millisecond. A model's schema
 * says which texts are moments.
 */
export type FieldValue = number | string | boolean;

/** Fields of a team's own payments, by name. */
export type Fields = Readonly<Record<string, FieldValue>>;
