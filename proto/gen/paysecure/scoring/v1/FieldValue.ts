// Original file: proto/paysecure/scoring/v1/scoring.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../../google/protobuf/Timestamp.ts';

/**
 * FieldValue is the value of one field of a team's own. One of the four must be set.
 */
export interface FieldValue {
  /**
   * Finite. A whole number that looks like a card number is refused.
   */
  'number'?: (number | string);
  /**
   * One line of at most 256 characters.
   */
  'text'?: (string);
  /**
   * True or false.
   */
  'flag'?: (boolean);
  /**
   * A moment in the years 0001 to 9999, kept to the millisecond.
   */
  'timestamp'?: (_google_protobuf_Timestamp | null);
  /**
   * Which kind of value it is.
   */
  'kind'?: "number"|"text"|"flag"|"timestamp";
}

/**
 * FieldValue is the value of one field of a team's own. One of the four must be set.
 */
export interface FieldValue__Output {
  /**
   * Finite. A whole number that looks like a card number is refused.
   */
  'number'?: (number);
  /**
   * One line of at most 256 characters.
   */
  'text'?: (string);
  /**
   * True or false.
   */
  'flag'?: (boolean);
  /**
   * A moment in the years 0001 to 9999, kept to the millisecond.
   */
  'timestamp'?: (_google_protobuf_Timestamp__Output | null);
  /**
   * Which kind of value it is.
   */
  'kind'?: "number"|"text"|"flag"|"timestamp";
}
