/** Seconds: the honest protocol trains before the first and tests from it to the second (data README). */
export const HONEST_TRAIN_END = 100_000;
export const HONEST_TEST_END = 145_000;
