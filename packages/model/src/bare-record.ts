/** A record without a prototype: no name that a client or a document brings can reach `Object.prototype`. */
export function bareRecord<Value>(): Record<string, Value> {
  // oxlint-disable-next-line typescript/no-unsafe-return -- TypeScript has no type for an object without a prototype
  return Object.create(null);
}
