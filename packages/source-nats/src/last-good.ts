import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseMembers } from './members.ts';

/** A document that has served well, as it stood on the bus: the signed envelope of one that was signed. */
export interface Kept {
  readonly bucket: string;
  readonly key: string;
  /** Of the stream. */
  readonly created: string;
  readonly revision: number;
  /** When it was kept, ISO 8601. */
  readonly at: string;
  readonly value: Uint8Array;
}

/** What a file was found to hold. */
export interface Found {
  readonly kept: readonly Kept[];
  /** One sentence for each generation that is there and cannot be used. */
  readonly broken: readonly string[];
}

/**
 * Reads both generations for a bucket and key, the newer first. Never throws: what is absent is nothing, what is corrupt,
 * cut off or of another bucket is a sentence for people.
 */
export async function readLastGood(path: string, of: Pick<Kept, 'bucket' | 'key'>): Promise<Found> {
  const kept: Kept[] = [];
  const broken: string[] = [];
  for (const file of [path, previousOf(path)]) {
    const found = await readGeneration(file);
    if (typeof found === 'string') broken.push(`${file} ${found}`);
    else if (found === undefined) continue;
    else if (found.bucket === of.bucket && found.key === of.key) kept.push(found);
    else broken.push(`${file} is of bucket ${found.bucket} and key ${found.key}`);
  }
  return { kept, broken };
}

/**
 * Keeps a document so that a power cut at any moment leaves one that can be read: written beside, forced to the disk, then
 * renamed, with the folder forced as well. What was there becomes the second generation. Rejects when the disk does not take it.
 */
export async function writeLastGood(path: string, kept: Kept): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  // Two nodes on one machine may share a folder by mistake: neither writes into what the other is writing.
  const draft = join(folder, `.${basename(path)}.${randomUUID()}`);
  try {
    await writeDurably(draft, toText(kept));
    // A corrupt first generation must not push out a good second one.
    if (typeof (await readGeneration(path)) === 'object') await rename(path, previousOf(path));
    await rename(draft, path);
    await syncFolder(folder);
    await sweep(folder, `.${basename(path)}.`);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
}

function previousOf(path: string): string {
  return `${path}.previous`;
}

/** A sentence when it is there and cannot be used; undefined when it is not there. */
async function readGeneration(file: string): Promise<Kept | string | undefined> {
  try {
    return fromText(await readFile(file, 'utf8')) ?? 'is corrupt: its digest does not fit';
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function toText({ value, ...rest }: Kept): string {
  const body = JSON.stringify({ ...rest, value: Buffer.from(value).toString('base64') });
  return `{"sha256":"${digestOf(body)}","kept":${body}}\n`;
}

const FORM = /^\{"sha256":"([0-9a-f]{64})","kept":(.*)\}\n$/s;

/** The digest is over the bytes, not over what they parse to: every byte of the file counts. */
function fromText(text: string): Kept | undefined {
  const [, digest, body = ''] = FORM.exec(text) ?? [];
  if (digest !== digestOf(body)) return undefined;
  const members = parseMembers(body);
  const [bucket, key, created, at, value] = ['bucket', 'key', 'created', 'at', 'value'].map((name) =>
    members.get(name),
  );
  const revision = members.get('revision');
  if (typeof bucket !== 'string' || typeof key !== 'string' || typeof created !== 'string') return undefined;
  if (typeof at !== 'string' || typeof value !== 'string' || typeof revision !== 'number') return undefined;
  return { bucket, key, created, revision, at, value: Buffer.from(value, 'base64') };
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Milliseconds after which a draft is what a killed process left, not what another is writing. */
const ABANDONED = 60_000;

async function sweep(folder: string, draft: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(draft)) continue;
    const file = join(folder, name);
    const written = await stat(file).catch(() => undefined);
    if (written !== undefined && Date.now() - written.mtimeMs > ABANDONED) await rm(file, { force: true });
  }
}

async function writeDurably(file: string, text: string): Promise<void> {
  // Documents may hold what not everybody on the machine should read.
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
