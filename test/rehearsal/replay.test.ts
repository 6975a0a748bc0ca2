import { differences, recordExchange, rehearse, replayInputs } from '@postern/engine';
import type { Rehearsable, RehearsalInputs } from '@postern/engine';
import type { Decision, DecisionRecord } from '@postern/model';
import { builtinPlugins } from 'postern';
import { test } from 'tap';
import { chance } from '../kit/chance.ts';
import { sized } from '../kit/sized.ts';
import { PLANTED, randomDocument, randomRequest } from './random-document.ts';
import type { Chance } from './random-document.ts';
import { after, stageText } from './stage-text.ts';

const REQUESTS = sized(3000, 100_000);
const REQUESTS_OF_A_DOCUMENT = 30;

test('a replay of a record is that record, for random requests and documents of every built-in plugin', async (t) => {
  const random = chance(t);
  let [done, documents, refusedDocuments, refusals, turned] = [0, 0, 0, 0, 0];
  while (done < REQUESTS) {
    const staged = stage(random);
    if (staged === undefined) {
      refusedDocuments += 1;
      continue;
    }
    documents += 1;
    for (let at = 0; at < REQUESTS_OF_A_DOCUMENT; at += 1) {
      done += 1;
      const inputs = served(staged, random);
      const first = await rehearse(inputs);
      if (first.exchange === undefined || first.request === undefined) {
        turned += 1;
        continue;
      }
      if (first.exchange.refusal !== undefined) refusals += 1;
      const text = JSON.stringify(recordExchange(first.exchange, first.request, inputs.head.listener));
      const record: DecisionRecord = JSON.parse(text);
      const again = await rehearse(replayInputs(record, staged, after));
      const found = differences(record, again);
      const same = shown(first.decision) === shown(again.decision);
      if (found.length === 0 && same && !text.includes(PLANTED)) continue;
      t.same(found, [], `${inputs.head.method} ${inputs.head.target}`);
      t.equal(shown(again.decision), shown(first.decision));
      t.notMatch(text, PLANTED);
      return;
    }
    staged.snapshot.retire();
  }
  t.comment(
    `${done} requests, ${documents} documents (${refusedDocuments} were refused), ${turned} turned at the gate`,
  );
  t.ok(refusals > done / 10, `${refusals} refusals among them`);
  t.ok(refusals < done * 0.8, 'many are not refused');
  t.ok(documents > 10 && refusedDocuments < documents, 'most documents are accepted');
});

function stage(random: Chance): Rehearsable | undefined {
  try {
    return stageText(JSON.stringify(randomDocument(random, 'http://127.0.0.1:9000/base')), builtinPlugins);
  } catch {
    return undefined;
  }
}

/** Without what was read: cors reads more when its own log is due, which depends on what it logged before. */
function shown({ policies, answer, route, upstream }: Decision): string {
  return JSON.stringify({ policies, answer, route, upstream }, (key, value: unknown) =>
    key === 'reads' ? undefined : hidden(value),
  );
}

/** The query of a record is hidden, and so is what a policy made of it. */
function hidden(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/\?(?:page|shape)=.*$/, '?') : value;
}

/** The request with an upstream's answer and chance of its own. */
function served(staged: Rehearsable, random: Chance): RehearsalInputs {
  const { method, target, host, headers } = randomRequest(random);
  const now = Math.floor(random() * 1e12);
  const answered = ['x-up', 'u', 'vary', 'Accept', 'set-cookie', `a=${PLANTED}`, 'connection', 'x-hop', 'x-hop', '1'];
  return {
    staged,
    head: {
      method,
      target,
      headers: [['host', host], ...headers],
      protocol: random() < 0.8 ? 'HTTP/1.1' : 'HTTP/2',
      listener: 'public',
      scheme: 'http',
      peer: '192.0.2.7',
    },
    body: new Uint8Array(),
    upstream:
      random() < 0.9
        ? { kind: 'answer', status: random() < 0.5 ? 200 : 304, headers: answered }
        : {
            kind: 'failed',
            refuse: { kind: 'refuse', status: 502, code: 'upstream/failed', detail: 'No answer.', headers: [] },
          },
    runtime: { now: () => now, random, after },
    known: { outside: () => undefined },
  };
}
