import { readFile } from 'node:fs/promises';
import { differences, rehearse, replayInputs } from '@postern/engine';
import type { Difference } from '@postern/engine';
import type { DecisionRecord } from '@postern/model';
import { readRecord } from './read-record.ts';
import { after } from './real-time.ts';
import { complain, say, tame } from './terminal.ts';
import type { ExitCode } from './terminal.ts';
import { withStaged } from './with-staged.ts';

/** `postern replay`: decides a recorded request again and prints what differs, policy by policy. */
export async function replayCommand(
  path: string,
  options: { readonly config?: string; readonly json: boolean },
): Promise<ExitCode> {
  const read = await readDecision(path);
  if (read.kind === 'unusable') {
    complain(`postern: ${path} ${read.reason}\n  fix: save what GET /api/v1/decisions/<id> of a gateway answers`);
    return 1;
  }
  const { record } = read;
  const file = options.config ?? record.origin;
  return withStaged(file, async (staged) => {
    const same = staged.snapshot.digest === record.digest;
    if (!same && options.config === undefined) {
      complain(
        `postern: ${file} has changed since ${record.at}: it is not the document that decided\n  fix: name a document with --config, this one too`,
      );
      return 1;
    }
    const found = differences(record, await rehearse(replayInputs(record, staged, after)));
    if (options.json) say(JSON.stringify({ id: record.id, sameDocument: same, differences: found }, undefined, 2));
    else say(found.length === 0 ? 'identical' : found.map(differenceText).join('\n'));
    return found.length === 0 ? 0 : 1;
  });
}

type Read =
  | { readonly kind: 'record'; readonly record: DecisionRecord }
  | { readonly kind: 'unusable'; readonly reason: string };

async function readDecision(path: string): Promise<Read> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    return { kind: 'unusable', reason: `cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
  const record = readRecord(text);
  if (record === undefined) return { kind: 'unusable', reason: 'holds no record of a decision' };
  return { kind: 'record', record };
}

function differenceText({ about, recorded, replayed }: Difference): string {
  return `${tame(about)}\n  recorded: ${tame(JSON.stringify(recorded))}\n  replayed: ${tame(JSON.stringify(replayed))}`;
}
