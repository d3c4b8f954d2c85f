// Original file: proto/paysecure/scoring/v1/scoring.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../../google/protobuf/Timestamp.ts';
import type { FieldValue as _paysecure_scoring_v1_FieldValue, FieldValue__Output as _paysecure_scoring_v1_FieldValue__Output } from '../../../paysecure/scoring/v1/FieldValue.ts';

/**
 * Transaction is one card payment: the numbers that models of the public data set read, context that people read, and
 * whatever fields and entities a team has of its own. Which of them are needed is said by the model that answers: its
 * card, or its schema, names what it reads. It never holds a card number: a field that looks like a PAN (13 to 19 digits, in one piece or
 * in groups, of an issuer's range and passing the Luhn check) is refused.
 */
export interface Transaction {
  /**
   * The caller's id of the transaction, 1 to 128 characters, unique per payment. It is the idempotency key of
   * everything that is recorded. Required.
   */
  'transactionId'?: (string);
  /**
   * Seconds, as the ULB data set's Time: finite, ≥ 0, at most 2^32 (beyond it a float32 no longer tells the hour). Hour of day = (time mod 86,400) / 3,600.
   * Only for models that read it; without `v` a time of 0 is none.
   */
  'time'?: (number | string);
  /**
   * V1…V28, the anonymised principal components, in order: exactly 28 finite values. Required by models that read them,
   * as all of the public data set do; left out for payments of a team's own.
   */
  'v'?: (number | string)[];
  /**
   * Amount in units of the currency (12.34 is twelve euros thirty-four): finite, ≥ 0, at most 10^12.
   */
  'amount'?: (number | string);
  /**
   * When the payment happened, wall-clock. Not read by the model; the time of scoring when absent.
   */
  'eventTime'?: (_google_protobuf_Timestamp | null);
  /**
   * ISO 4217 code of the amount, three upper-case letters. EUR when empty. A model reads amounts in a currency of its own:
   * one in another is converted by the operator's rates of the payment's day (ScoreResponse.conversion), or refused with
   * INVALID_ARGUMENT where there is none.
   */
  'currency'?: (string);
  /**
   * An opaque token that stands for the card, at most 128 characters. Never the card number.
   */
  'cardToken'?: (string);
  /**
   * The acquirer's id of the merchant, at most 128 characters.
   */
  'merchantId'?: (string);
  /**
   * ISO 18245 merchant category code or a plain name, at most 64 characters.
   */
  'merchantCategory'?: (string);
  /**
   * ISO 3166-1 alpha-2 country of the merchant, two upper-case letters.
   */
  'country'?: (string);
  /**
   * How the card was used: "chip", "contactless", "online", "magstripe", "moto", at most 32 characters.
   */
  'channel'?: (string);
  /**
   * Fields of the team's own, by name: a lower-case letter, then letters, digits or `_`, at most 64 characters, and not a
   * name of this message's. At most 128, and 16,384 characters of names and texts together. What the model does not read
   * is kept with the decision and named in ScoreResponse.unknown_fields.
   */
  'fields'?: ({[key: string]: _paysecure_scoring_v1_FieldValue});
  /**
   * What the payment has in common with others, e.g. customer → "c-17", terminal → "t-4": names as those of fields, ids
   * of 1 to 128 characters, at most 16. Card and merchant have fields of their own above.
   */
  'entities'?: ({[key: string]: string});
}

/**
 * Transaction is one card payment: the numbers that models of the public data set read, context that people read, and
 * whatever fields and entities a team has of its own. Which of them are needed is said by the model that answers: its
 * card, or its schema, names what it reads. It never holds a card number: a field that looks like a PAN (13 to 19 digits, in one piece or
 * in groups, of an issuer's range and passing the Luhn check) is refused.
 */
export interface Transaction__Output {
  /**
   * The caller's id of the transaction, 1 to 128 characters, unique per payment. It is the idempotency key of
   * everything that is recorded. Required.
   */
  'transactionId': (string);
  /**
   * Seconds, as the ULB data set's Time: finite, ≥ 0, at most 2^32 (beyond it a float32 no longer tells the hour). Hour of day = (time mod 86,400) / 3,600.
   * Only for models that read it; without `v` a time of 0 is none.
   */
  'time': (number);
  /**
   * V1…V28, the anonymised principal components, in order: exactly 28 finite values. Required by models that read them,
   * as all of the public data set do; left out for payments of a team's own.
   */
  'v': (number)[];
  /**
   * Amount in units of the currency (12.34 is twelve euros thirty-four): finite, ≥ 0, at most 10^12.
   */
  'amount': (number);
  /**
   * When the payment happened, wall-clock. Not read by the model; the time of scoring when absent.
   */
  'eventTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * ISO 4217 code of the amount, three upper-case letters. EUR when empty. A model reads amounts in a currency of its own:
   * one in another is converted by the operator's rates of the payment's day (ScoreResponse.conversion), or refused with
   * INVALID_ARGUMENT where there is none.
   */
  'currency': (string);
  /**
   * An opaque token that stands for the card, at most 128 characters. Never the card number.
   */
  'cardToken': (string);
  /**
   * The acquirer's id of the merchant, at most 128 characters.
   */
  'merchantId': (string);
  /**
   * ISO 18245 merchant category code or a plain name, at most 64 characters.
   */
  'merchantCategory': (string);
  /**
   * ISO 3166-1 alpha-2 country of the merchant, two upper-case letters.
   */
  'country': (string);
  /**
   * How the card was used: "chip", "contactless", "online", "magstripe", "moto", at most 32 characters.
   */
  'channel': (string);
  /**
   * Fields of the team's own, by name: a lower-case letter, then letters, digits or `_`, at most 64 characters, and not a
   * name of this message's. At most 128, and 16,384 characters of names and texts together. What the model does not read
   * is kept with the decision and named in ScoreResponse.unknown_fields.
   */
  'fields': ({[key: string]: _paysecure_scoring_v1_FieldValue__Output});
  /**
   * What the payment has in common with others, e.g. customer → "c-17", terminal → "t-4": names as those of fields, ids
   * of 1 to 128 characters, at most 16. Card and merchant have fields of their own above.
   */
  'entities': ({[key: string]: string});
}
