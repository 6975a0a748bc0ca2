import { setTimeout as delay } from 'node:timers/promises';
import type { Outcome, ServerSection, Source, SourceEvent } from '@postern/model';
import { checkDocument } from '@postern/config';
import { check } from '@postern/control';
import { test } from 'tap';
import { documentOf, openBench, until } from './bench.ts';
import type { Bench } from './bench.ts';

const environment = { variable: () => undefined, file: () => undefined };
const checked = checkDocument(
  { text: 'server: { source: { nats: { servers: ["nats://127.0.0.1:1"] } } }', origin: 'gateway.yaml', revision: 1 },
  { plugins: new Map(), environment, unresolved: 'error' },
);

/** Control with a server section of its own, over a source that a test pushes events into. */
function openBus(): Bench & { readonly say: (event: SourceEvent) => void; readonly told: [SourceEvent, Outcome][] } {
  if (checked.kind === 'refused') throw new Error('the section is refused');
  const server: ServerSection = checked.value.server;
  const waiting: SourceEvent[] = [];
  const told: [SourceEvent, Outcome][] = [];
  let wake = (): void => undefined;
  const source: Source = {
    name: 'bus',
    async *open(signal) {
      signal.addEventListener('abort', () => wake());
      while (!signal.aborted) {
        const event = waiting.shift();
        if (event !== undefined) yield event;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    tell: (event, outcome) => void told.push([event, outcome]),
  };
  const say = (event: SourceEvent): void => {
    waiting.push(event);
    wake();
  };
  const settings = { plugins: [], variables: {}, unresolved: 'error', server } as const;
  return { ...openBench({ source, server, check: (text) => check(text, settings) }), say, told };
}

function text(name: string, revision: number, via?: string): SourceEvent {
  return { kind: 'text', text: documentOf(name), origin: `config.edge@${revision}`, revision, via };
}

const REFUSED = {
  kind: 'refused',
  origin: 'config.edge@9',
  revision: 9,
  digest: 'd',
  issues: [{ severity: 'error', code: 'x/y', message: 'no', file: 'f', line: 1, column: 1, pointer: '', fix: '' }],
} as const;

test('with a server section of its own it starts at once, though the source is silent', async (t) => {
  const { control, starts, say, lines } = openBus();
  const following = await control();
  t.equal(starts(), 1);
  t.match(following.status(), { origin: undefined, refusal: undefined });
  let settled = false;
  void following.settled.then(() => (settled = true));
  say({ kind: 'alarm', about: 'bus', origin: 'config.edge', message: 'no server', fix: 'start it' });
  await until(() => following.status().warnings.length === 1);
  await delay(5);
  t.equal(settled, false, 'an alarm is no document');
  say({ kind: 'unreadable', origin: 'config.edge', message: 'nothing there', fix: 'put it' });
  await following.settled;
  t.match(following.status().refusal, { issues: [{ code: 'source/unreadable' }] });
  t.ok(
    lines.some((line) => line.includes('nothing there')),
    'nobody was asked for the first refusal: the log has it',
  );
  say(text('one', 3));
  await until(() => following.status().origin === 'config.edge@3');
  t.equal(following.status().refusal, undefined);
  await following.close();
});

test('an alarm stands among the warnings until its source is calm, is logged once, and outlives a document', async (t) => {
  const { control, say, lines } = openBus();
  const following = await control();
  const alarm = { kind: 'alarm', about: 'disk', origin: 'last-good.json', message: 'full', fix: 'delete' } as const;
  say(alarm);
  await until(() => following.status().warnings.length === 1);
  say({ ...alarm });
  say(text('one', 1));
  await until(() => following.status().origin !== undefined);
  t.match(following.status().warnings, [{ code: 'source/alarm', severity: 'warning', file: 'last-good.json' }]);
  t.equal(lines.filter((line) => line.includes('full')).length, 1);
  say({ kind: 'calm', about: 'disk' });
  await until(() => following.status().warnings.length === 0);
  await following.close();
});

test('tells the source what became of each document, by its own event', async (t) => {
  const { control, say, told } = openBus();
  const following = await control();
  const events = [text('one', 1), text('refused', 2), text('one', 3), REFUSED];
  for (const [at, event] of events.entries()) {
    say(event);
    await until(() => told.length === at + 1);
  }
  t.ok(told.every(([event], at) => event === events[at]));
  t.match(
    told.map(([, { revision, state, issues }]) => [revision, state, issues.length]),
    [
      [1, 'accepted', 0],
      [2, 'refused', 1],
      [3, 'accepted', 0],
      [9, 'refused', 1],
    ],
  );
  t.equal(told[0]?.[1].digest, told[2]?.[1].digest);
  await following.close();
});

test('what serves in the place of a refused document leaves the refusal in the status; the text that serves may come again by another way', async (t) => {
  const { control, say, told } = openBus();
  const following = await control();
  say(REFUSED);
  await following.settled;
  say(text('kept', 5, 'from the last good file'));
  await until(() => told.length === 2);
  t.match(following.status(), { origin: 'config.edge@5', via: 'from the last good file', refusal: { revision: 9 } });
  say(text('other', 10));
  await until(() => told.length === 3);
  t.match(following.status(), { origin: 'config.edge@10', via: undefined, refusal: undefined });
  say(text('other', 11));
  await until(() => told.length === 4);
  t.match(following.status(), { origin: 'config.edge@11', reloads: { accepted: 2 } });
  await following.close();
});
