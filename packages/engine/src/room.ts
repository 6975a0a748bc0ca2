/** A list with room for that many items, to be filled: one that grows as it is filled is copied twice. */
export function roomFor<Item = string>(length: number): Item[] {
  // oxlint-disable-next-line unicorn/no-new-array -- this is the length, and only so is the room made at once
  return new Array<Item>(length);
}

/** Gives back the room behind the first `length`. */
export function cutTo(list: string[], length: number): string[] {
  // Setting the length calls into the runtime.
  while (list.length > length) list.pop();
  return list;
}
