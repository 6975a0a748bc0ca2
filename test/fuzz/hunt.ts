// A program of the tests: plays generated inputs of one subject until one fails, and writes what it found as one line of JSON.
import type { Teardown } from '../corpus/recorder.ts';
import { seedOf } from '../kit/chance.ts';
import { answersThrough } from './answers.ts';
import { campaign } from './campaign.ts';
import type { Subject } from './campaign.ts';
import { documentsInto } from './documents.ts';
import { frontFor } from './front.ts';
import { policiesThrough } from './policies.ts';
import { requestsThrough } from './requests.ts';

const ends: (() => unknown)[] = [];
const t: Teardown = { teardown: (end: () => unknown) => void ends.push(end) };

const SUBJECTS: Readonly<Record<string, () => Promise<Subject>>> = {
  requests: async () => requestsThrough(await frontFor(t, false)),
  answers: async () => answersThrough(await frontFor(t, false)),
  documents: () => documentsInto(t),
  policies: () => policiesThrough(t),
};

// Milliseconds to make what was found smaller come last.
const [, , name = '', most = '0', patience = '0'] = process.argv;
const subject = await SUBJECTS[name]?.();
if (subject === undefined) throw new Error(`no subject is called ${name}`);
const effort = { seed: seedOf(), count: Number(most), most: 1, patience: Number(patience) };
const outcome = await campaign(subject, effort);
const [found] = outcome.failures;
process.stdout.write(`${JSON.stringify({ inputs: outcome.inputs, found })}\n`);
for (const end of ends.toReversed()) await end();
process.exit();
