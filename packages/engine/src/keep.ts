/** State that policies keep across snapshots, by policy; disposed of when no snapshot has the policy any more. */
export class KeepStore {
  readonly #shelves = new Map<string, Shelf>();

  /** The state under `key` of that owner; made now when it is not there. */
  keep<State>(
    owner: string,
    key: string,
    made: { readonly create: () => State; readonly dispose: ((state: State) => void) | undefined },
  ): State {
    const shelf = this.#shelf(owner);
    const kept = shelf.states.get(key);
    // oxlint-disable-next-line typescript/consistent-type-assertions -- one owner and key always keep one type: the plugin's own
    if (kept !== undefined) return kept.state as State;
    const state = made.create();
    shelf.states.set(key, { state, dispose: () => made.dispose?.(state) });
    return state;
  }

  /** Counts one more user of the owner's state: a compiled instance of that policy. */
  retain(owner: string): void {
    this.#shelf(owner).users += 1;
  }

  /** Counts one user less; the last one takes the state with it. */
  release(owner: string): void {
    const shelf = this.#shelf(owner);
    shelf.users -= 1;
    if (shelf.users > 0) return;
    this.#shelves.delete(owner);
    for (const { dispose } of shelf.states.values()) dispose();
  }

  #shelf(owner: string): Shelf {
    let shelf = this.#shelves.get(owner);
    if (shelf === undefined) this.#shelves.set(owner, (shelf = { users: 0, states: new Map() }));
    return shelf;
  }
}

interface Shelf {
  users: number;
  readonly states: Map<string, { readonly state: unknown; readonly dispose: () => void }>;
}
