import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { membersOf, parseMembers } from './members.ts';

/** Ends of the process in the first seconds of a document after which it is not loaded again: one or two may be chance. */
const MOST_DEATHS = 3;

/** Documents to remember: who publishes more deadly ones than this has another problem. */
const MOST_DOCUMENTS = 64;

/** What is known of one document. */
interface Trial {
  /** How often the process ended without a word while the document was new. */
  readonly deaths: number;
  readonly onTrial: boolean;
}

/**
 * The memory of documents that end the process: a document is on trial from before it is built until it has served for
 * some seconds, and a process that begins and finds one on trial died of it. Kept in a file that is there only while
 * there is something to remember. Another version of the program has another memory: what one died of the next may bear.
 */
export class Trials {
  readonly #file: string;
  readonly #version: string;
  readonly #trials = new Map<string, Trial>();
  #writing: Promise<void> = Promise.resolve();
  #written = '';

  constructor(file: string, version: string) {
    this.#file = file;
    this.#version = version;
  }

  /** Reads what an earlier process left. Never rejects: a file that cannot be read remembers nothing. */
  async load(): Promise<void> {
    const text = await readFile(this.#file, 'utf8').catch(() => '');
    this.#written = text;
    for (const [digest, { deaths, onTrial }] of fromText(text, this.#version))
      this.#trials.set(digest, { deaths: onTrial ? deaths + 1 : deaths, onTrial: false });
  }

  /** Whether the document with this digest ended the process so often that it is not loaded again. */
  isDeadly(digest: string): boolean {
    return (this.#trials.get(digest)?.deaths ?? 0) >= MOST_DEATHS;
  }

  /** Puts a document on trial; resolves when that is in the file. Rejects when the disk does not take it. */
  async begin(digest: string): Promise<void> {
    this.#set(digest, true);
    await this.#write();
  }

  /** The document ended other processes than this one, and often enough. In the file with the next change of it. */
  condemn(digest: string): void {
    this.#trials.delete(digest);
    this.#trials.set(digest, { deaths: MOST_DEATHS, onTrial: false });
  }

  /** From now on this one alone is on trial: the others were refused, overtaken, or the process ends in order. */
  async onlyOn(digest: string | undefined): Promise<void> {
    for (const [other, { onTrial }] of this.#trials) if (onTrial && other !== digest) this.#set(other, false);
    await this.#write();
  }

  /** A document has served long enough: whatever the process died of before, it was not this. */
  async passed(digest: string): Promise<void> {
    this.#trials.delete(digest);
    await this.#write();
  }

  #set(digest: string, onTrial: boolean): void {
    const deaths = this.#trials.get(digest)?.deaths ?? 0;
    this.#trials.delete(digest);
    if (deaths > 0 || onTrial) this.#trials.set(digest, { deaths, onTrial });
    for (const oldest of this.#trials.keys()) {
      if (this.#trials.size <= MOST_DOCUMENTS) return;
      this.#trials.delete(oldest);
    }
  }

  /** One write at a time, and none when nothing changed meanwhile. Not forced to the disk: it outlives a process, not a power cut. */
  async #write(): Promise<void> {
    const written = this.#writing.catch(() => undefined).then(() => this.#writeNow());
    this.#writing = written;
    await written;
  }

  async #writeNow(): Promise<void> {
    const text = this.#trials.size === 0 ? '' : toText(this.#trials, this.#version);
    if (text === this.#written) return;
    if (text === '') await rm(this.#file, { force: true });
    else await this.#put(text);
    this.#written = text;
  }

  /** In one go, not renamed into its place: each document waits for this, and a file that is cut off remembers nothing, no more. */
  async #put(text: string): Promise<void> {
    try {
      await writeFile(this.#file, text, { mode: 0o600 });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      await mkdir(dirname(this.#file), { recursive: true });
      await writeFile(this.#file, text, { mode: 0o600 });
    }
  }
}

function toText(trials: ReadonlyMap<string, Trial>, version: string): string {
  const documents = [...trials].map(([digest, { deaths, onTrial }]) => ({ digest, deaths, onTrial }));
  return `${JSON.stringify({ version, documents })}\n`;
}

function fromText(text: string, version: string): ReadonlyMap<string, Trial> {
  const trials = new Map<string, Trial>();
  const root = parseMembers(text);
  const documents: unknown = root.get('documents');
  if (root.get('version') !== version || !Array.isArray(documents)) return trials;
  for (const one of documents.slice(-MOST_DOCUMENTS)) {
    const members = membersOf(one);
    const [digest, deaths, onTrial] = ['digest', 'deaths', 'onTrial'].map((name) => members.get(name));
    if (typeof digest === 'string' && typeof deaths === 'number' && typeof onTrial === 'boolean')
      trials.set(digest, { deaths, onTrial });
  }
  return trials;
}
