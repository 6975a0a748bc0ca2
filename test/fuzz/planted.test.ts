/**
 * Bugs that are planted on purpose, each in a process of its own: the fuzzers find every one of them, and nothing without it.
 * The switch is in `plant.ts`, which only the tests load.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import { steadySeedOf } from '../kit/chance.ts';
import type { Failure } from './campaign.ts';
import { PLANTS } from './plants.ts';
import { FULL } from '../kit/sized.ts';

const HUNT = fileURLToPath(new URL('hunt.ts', import.meta.url));
const PLANT = new URL('plant.ts', import.meta.url).href;
const SEED = steadySeedOf();
/** Inputs within which a bug has to be found: some ten times what it takes most often. */
const MOST = { requests: 24_000, answers: 12_000, policies: 6_000, documents: 12_000 };
/** What is found of this one is made smaller too. */
const MADE_SMALLER = 'a name with _ for - passes';
/** Hunts at a time. */
const TOGETHER = 2;
/** Milliseconds. */
const LONGEST = 240_000;

interface Hunted {
  readonly inputs: number;
  readonly found: Failure | undefined;
  readonly status: number | null;
  readonly said: string;
}

async function hunt(subject: keyof typeof MOST, count: number, plant?: string, patience = 0): Promise<Hunted> {
  const imports = plant === undefined ? [] : [`--import=${PLANT}`];
  // Coverage of a process with a bug in it is nobody's.
  const env = { PATH: process.env['PATH'], SEED: String(SEED), PLANT: plant };
  const words = [...imports, HUNT, subject, String(count), String(patience)];
  const child = spawn(process.execPath, words, { env, timeout: LONGEST, killSignal: 'SIGKILL' });
  let [out, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (errors += text));
  await once(child, 'close');
  const told = out.startsWith('{') ? JSON.parse(out) : { inputs: 0, found: undefined };
  return { ...told, status: child.exitCode, said: errors.slice(-1_000) };
}

test('each bug is planted in one exact place', async (t) => {
  t.ok(PLANTS.filter(({ long }) => long !== true).length >= 10);
  for (const { name, edits } of PLANTS)
    for (const { file, from } of edits) {
      const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
      t.equal(source.split(from).length, 2, `${name}: ${file} holds once ${from}`);
    }
});

test('the fuzzers find each planted bug, and with the same seed nothing where none is planted', async (t) => {
  t.comment(`SEED=${SEED}`);
  let smaller: Failure | undefined;
  const needed = new Map<keyof typeof MOST, number>();
  const waiting = PLANTS.filter(({ long }) => FULL || long !== true).values();
  const lane = async (): Promise<void> => {
    for (const { name, subject } of waiting) {
      const { inputs, found, status, said } = await hunt(
        subject,
        MOST[subject],
        name,
        name === MADE_SMALLER ? 60_000 : 0,
      );
      if (name === MADE_SMALLER) smaller = found;
      const after = `within ${inputs} ${subject}: ${found?.violations[0]?.slice(0, 200)} ${said}`;
      t.ok(found !== undefined && status === 0, `found: ${name}, ${after}`);
      needed.set(subject, Math.max(needed.get(subject) ?? 0, inputs));
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, lane));
  const { text = '', cuts } = smaller?.shrunk ?? {};
  t.match(text, /^[A-Z]+ \/\S* HTTP\/1\.[01]\r\n/, 'made smaller, it still is a request');
  // Whichever line of a longer exchange is looked at first: one request, or two short ones of which neither can go.
  t.ok(text.length < 200, `little of it can go: ${JSON.stringify(text)}`);
  t.same(cuts, [], 'in one piece');
  for (const [subject, count] of needed) {
    const { inputs, found, status, said } = await hunt(subject, count);
    t.same({ inputs, found, status }, { inputs: count, found: undefined, status: 0 }, `nothing in ${subject} ${said}`);
  }
});
