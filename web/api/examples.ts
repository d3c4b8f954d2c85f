/** What `/api/docs` begins with: a payment of the public data set's shape with made-up values. */
export const EXAMPLE_V = Array.from({ length: 28 }, (_, i) => Math.round(Math.sin(i + 1) * 100) / 100);

export const EXAMPLE_TRANSACTION = {
  transaction_id: "order-10025",
  time: 45_000,
  v: EXAMPLE_V,
  amount: 129.9,
  currency: "EUR",
  card_token: "tok_8f3a",
  merchant_id: "m-204",
  merchant_category: "electronics",
  country: "FR",
  channel: "online",
  fields: { items: 3, new_device: false },
  entities: { customer: "c-17" },
};
