import { setTimeout as wait } from 'node:timers/promises';
import { rehearse } from '@postern/engine';
import type { Rehearsal } from '@postern/engine';
import type { DecisionSummary } from '@postern/model';
import { builtinPlugins } from 'postern';
import { test } from 'tap';
import { chance } from '../kit/chance.ts';
import { gatewayFor } from '../kit/gateway.ts';
import type { TestGateway } from '../kit/gateway.ts';
import { request } from '../kit/raw-client.ts';
import type { RawAnswer } from '../kit/raw-client.ts';
import { sized } from '../kit/sized.ts';
import { upstreamFor } from '../kit/upstream.ts';
import type { Seen } from '../kit/upstream.ts';
import { PLANTED, randomDocument, randomRequest } from './random-document.ts';
import type { RandomRequest } from './random-document.ts';
import { after, stageText } from './stage-text.ts';

const DOCUMENTS = sized(8, 100);
const REQUESTS_OF_A_DOCUMENT = 50;

const SERVER = {
  listen: [{ name: 'public', address: '127.0.0.1:0' }],
  admin: { address: '127.0.0.1:0' },
  drainTimeout: '2s',
  decisions: { keep: 1000, sample: 1 },
};

test('what a rehearsal says is what a real gateway does, and what it tells of it afterwards', async (t) => {
  const random = chance(t);
  const upstream = await upstreamFor(t, (_request, response) => {
    response
      .setHeader('x-up', 'u')
      .setHeader('set-cookie', `s=${PLANTED}`)
      .setHeader('vary', 'Accept')
      .end('from upstream');
  });
  const documentText = (): string =>
    JSON.stringify({ server: SERVER, ...randomDocument(random, `${upstream.url}/base`) });
  let text = documentText();
  const gateway = await gatewayFor(t, text);
  const statuses = new Map<number, number>();
  // Chance may refuse nothing in a few documents: it goes on until every kind of answer was there.
  const seenAll = (): boolean => [200, 403, 404].every((status) => (statuses.get(status) ?? 0) > 5);
  for (let at = 0; at < DOCUMENTS || (!seenAll() && at < 20 * DOCUMENTS); at += 1) {
    const staged = stageText(text, builtinPlugins);
    for (let turn = 0; turn < REQUESTS_OF_A_DOCUMENT; turn += 1) {
      const asked = randomRequest(random);
      const newest = (await gateway.cell.decisions({ limit: 1 }))[0];
      upstream.seen.length = 0;
      const answer = await send(gateway, asked);
      const { method, target, host } = asked;
      const headers = [['host', host], ...asked.headers, ['connection', 'close']] as const;
      const said = await rehearse({
        staged,
        head: { method, target, headers, protocol: 'HTTP/1.1', listener: 'public', scheme: 'http', peer: '127.0.0.1' },
        upstream: upstream.seen.length === 0 ? undefined : UPSTREAM,
        runtime: { now: Date.now, random, after },
        known: { outside: () => undefined },
      });
      const real = { ...ofAnswer(answer), sent: ofSeen(upstream.seen[0]) };
      const [one, other] = [plain(ofRehearsal(said)), plain(real)];
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      if (one !== other)
        throw new Error(`${method} ${host}${target} under ${text}\nrehearsed: ${one}\nserved: ${other}`);
      if (said.exchange === undefined) continue;
      const wrong = await toldWrong(gateway, said, await next(gateway, newest));
      if (wrong !== undefined) throw new Error(`${wrong}: ${method} ${host}${target} under ${text}`);
    }
    text = documentText();
    t.same(await gateway.apply(text), []);
  }
  t.comment(`statuses: ${[...statuses].map(([status, count]) => `${status} ${count}`).join(', ')}`);
  t.ok(seenAll());
});

const UPSTREAM = {
  kind: 'answer',
  status: 200,
  headers: ['x-up', 'u', 'set-cookie', `s=${PLANTED}`, 'vary', 'Accept'],
} as const;

function send(gateway: TestGateway, { method, target, host, headers }: RandomRequest): Promise<RawAnswer> {
  return request(gateway.port(), `${method} ${target}`, [['Host', host], ...headers]);
}

/** The record of the exchange that has just ended: it is kept when its connection closes. */
async function next(gateway: TestGateway, before: DecisionSummary | undefined): Promise<DecisionSummary> {
  for (;;) {
    const newest = (await gateway.cell.decisions({ limit: 1 }))[0];
    if (newest !== undefined && JSON.stringify(newest) !== JSON.stringify(before)) return newest;
    await wait(1);
  }
}

/** What is wrong with the decision that the gateway tells afterwards; undefined when nothing is. */
async function toldWrong(gateway: TestGateway, said: Rehearsal, summary: DecisionSummary): Promise<string | undefined> {
  const told = await gateway.cell.decision(summary.id);
  if (told === undefined || told.documentGone) return 'it is not told';
  const text = JSON.stringify(told);
  if (text.includes(PLANTED)) return 'a credential shows';
  if (/"verdict":"(?:unknown|would ask)"/.test(text)) return 'a verdict is unknown';
  const { outcome } = told.record;
  for (const member of ['status', 'madeBy', 'policy', 'code', 'where'] as const)
    if (told.answer[member] !== outcome[member] || told.answer[member] !== said.decision.answer[member])
      return `${member} differs`;
  return plain(told.route) === plain(said.decision.route) ? undefined : 'the route differs';
}

const FRAMING = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding', 'date']);

interface Came {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

function ofAnswer({ status, lines, body }: RawAnswer): Came {
  const isProblem = lines.some(([name, value]) => name === 'content-type' && value === 'application/problem+json');
  return { status, headers: lines.filter(([name]) => !FRAMING.has(name)), body: isProblem ? body : '' };
}

function ofRehearsal({ answer, decision, outgoing }: Rehearsal): Came & { sent: unknown } {
  const isProblem = answer.headers.get('content-type') === 'application/problem+json';
  const headers = [...answer.headers.entries()].filter(([name]) => !FRAMING.has(name));
  const body = isProblem && decision.request.method !== 'HEAD' ? String(answer.body) : '';
  const sent = outgoing === undefined || decision.upstream?.name === 'echo' ? null : sortedLines(outgoing.entries());
  return { status: answer.status, headers, body, sent: sent === null ? null : { path: decision.upstream?.path, sent } };
}

function ofSeen(seen: Seen | undefined): unknown {
  if (seen === undefined) return null;
  const lines: [string, string][] = [];
  for (let at = 0; at + 1 < seen.rawHeaders.length; at += 2)
    lines.push([(seen.rawHeaders[at] ?? '').toLowerCase(), seen.rawHeaders[at + 1] ?? '']);
  return { path: seen.url, sent: sortedLines(lines) };
}

/** undici writes some lines in a place of its own. */
function sortedLines(lines: Iterable<readonly [string, string]>): readonly string[] {
  return [...lines]
    .filter(([name]) => !FRAMING.has(name))
    .map(([name, value]) => `${name}: ${value}`)
    .toSorted();
}

/** Ids are made by chance. */
function plain(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[\da-f]{4}-[\da-f]{12}/g, '<id>');
}
