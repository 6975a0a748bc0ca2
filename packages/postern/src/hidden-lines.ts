import { StringDecoder } from 'node:string_decoder';
import type { ReadStream } from 'node:tty';

const ENTER: ReadonlySet<string> = new Set(['\r', '\n']);
/** Ctrl-C and Ctrl-D: a terminal that is read raw hands them over as characters. */
const GIVE_UP: ReadonlySet<string> = new Set(['\u0003', '\u0004']);
const BACKSPACE: ReadonlySet<string> = new Set(['\u007f', '\b']);

/** Lines that are typed on a terminal which shows none of them, from the start to `close`. */
export class HiddenLines {
  readonly #input: ReadStream;
  readonly #decoder = new StringDecoder('utf8');
  readonly #take = (chunk: Buffer): void => this.#add(this.#decoder.write(chunk));
  readonly #end = (): void => this.#add('\u0004');
  /** What was typed and not asked for yet: people type ahead, and paste. */
  #ahead: string[] = [];
  #line: string[] = [];
  #answer: ((line: string | undefined) => void) | undefined = undefined;

  constructor(input: ReadStream) {
    this.#input = input;
    // Before any prompt: what is typed in between would be shown.
    input.setRawMode(true);
    input.on('data', this.#take);
    input.on('end', this.#end);
  }

  /** Writes a prompt and resolves to the line that is typed then; to undefined where it is given up. */
  async ask(prompt: string): Promise<string | undefined> {
    process.stderr.write(prompt);
    const line = await new Promise<string | undefined>((resolve) => {
      this.#answer = resolve;
      this.#add('');
    });
    process.stderr.write('\n');
    return line;
  }

  close(): void {
    this.#input.off('data', this.#take);
    this.#input.off('end', this.#end);
    this.#input.setRawMode(false);
    this.#input.pause();
  }

  #add(text: string): void {
    this.#ahead.push(...Array.from(text));
    while (this.#answer !== undefined) {
      const character = this.#ahead.shift();
      if (character === undefined) return;
      if (GIVE_UP.has(character)) this.#settle(undefined);
      else if (ENTER.has(character)) this.#settle(this.#line.join(''));
      else if (BACKSPACE.has(character)) this.#line.pop();
      else this.#line.push(character);
    }
  }

  #settle(line: string | undefined): void {
    this.#line = [];
    this.#answer?.(line);
    this.#answer = undefined;
  }
}
