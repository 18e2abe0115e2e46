/** What a value is. The order matters: nothing counts up to Null, and containers from Array on. */
export const enum Kind {
  Missing,
  Null,
  Boolean,
  Number,
  String,
  Array,
  Object,
}
