/** Milliseconds between two lines of progress where it is read from a pipe. */
const RARELY = 30_000;

/** What a long run shows: one line that changes on a terminal, plain lines now and then in a pipe. */
export class Screen {
  readonly #output: NodeJS.WriteStream;
  #shown = false;
  #last = 0;

  /** False: all of it goes to the standard error, for the standard output is data. */
  constructor(toOutput: boolean) {
    this.#output = toOutput ? process.stdout : process.stderr;
  }

  /** Something that stays. */
  line(text: string): void {
    this.#clear();
    this.#output.write(`${text}\n`);
  }

  /** How far it is. */
  progress(text: string): void {
    if (this.#output.isTTY) {
      this.#clear();
      this.#output.write(text.slice(0, this.#output.columns - 1));
      this.#shown = true;
      return;
    }
    const now = performance.now();
    if (now - this.#last < RARELY) return;
    this.#last = now;
    this.#output.write(`     ${text}\n`);
  }

  #clear(): void {
    if (this.#shown) this.#output.write('\r\u001B[K');
    this.#shown = false;
  }
}
