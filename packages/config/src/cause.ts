/** Where a text most likely went wrong, in front of where its parser gave up, and the mend. */
export interface Cause {
  readonly at: number;
  readonly message: string;
  readonly fix: string;
}

/** What the parser said: the reason in its own words, and the offset at which it gave up. */
export interface Complaint {
  readonly reason: string;
  readonly at: number;
}
