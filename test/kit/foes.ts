import { Transform } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { Body, Handlers, Plugin, ResponseExchange } from '@postern/kit';
import { pluginOf } from './policies.ts';

/** What a policy that means no good may do in any of its steps. What it returns is not held to any type. */
const DEEDS: Readonly<Record<string, (exchange: ResponseExchange) => unknown>> = {
  throws: () => {
    throw new Error('a foe');
  },
  rejects: () => Promise.reject(new Error('a foe')),
  'never-ends': () => new Promise(() => undefined),
  'is-slow': () => wait(300),
  'refuses-late': () => wait(5).then(() => refusal),
  refuses: () => refusal,
  responds: () => ({ kind: 'respond', status: 299, headers: ['x-foe', '1'], body: 'foe' }),
  'is-strange': () => 'strange',
  edits: ({ outgoing, response }) => {
    for (const list of [outgoing, response.headers]) {
      for (const [name] of Array.from(list.entries())) list.remove(name);
      list.set('x-foe', '1');
      list.add('content-length', '7');
      list.set('access-control-allow-origin', '*');
    }
  },
  'edits-late': async (exchange) => {
    await wait(5);
    exchange.outgoing.set('x-foe', '1');
    exchange.response.headers.set('x-foe', '1');
    exchange.setRequestId('foe');
  },
  identifies: (exchange) => {
    exchange.identify({ name: `foe-${exchange.random()}`, labels: {} });
    exchange.setRequestId('foe');
    exchange.own = 'foe';
  },
  asks: (exchange) => exchange.ask('foe', () => Promise.reject(new Error('a foe'))),
};
const refusal = { kind: 'refuse', status: 418, code: 'foe/no', detail: 'No.', headers: ['x-foe', '1'] } as const;

/** What it may make of a stream. */
const STREAMS: Readonly<Record<string, () => unknown>> = {
  throws: () => {
    throw new Error('a foe');
  },
  'is-strange': () => ({ kind: 'transform', stream: 'strange' }),
  tears: () => ({ kind: 'tap', chunk: tear, end: tear }),
  overwrites: () => ({ kind: 'tap', chunk: (bytes: Uint8Array) => void bytes.fill(0), end: () => undefined }),
  breaks: () => ({
    kind: 'transform',
    stream: new Transform({ transform: (_chunk, _coding, done) => done(new Error('a foe')) }),
  }),
  'is-stuck': () => ({ kind: 'transform', stream: new Transform({ transform: () => undefined }) }),
  'is-slow': () => ({
    kind: 'transform',
    stream: new Transform({ transform: (chunk, _coding, done) => void setTimeout(done, 30, null, chunk) }),
  }),
  replaces: () => ({
    kind: 'transform',
    stream: new Transform({ transform: (_chunk, _coding, done) => done(null, 'foe') }),
  }),
};

function tear(): never {
  throw new Error('a foe');
}

/** Every way in which a foe behaves: `deed` in its plain steps, `deed-of-bodies-8`, `stream-breaks`. */
export const FOES: readonly string[] = [
  ...Object.keys(DEEDS),
  ...Object.keys(DEEDS).flatMap((deed) => [`bodies-8-${deed}`, `bodies-4000000-${deed}`]),
  ...Object.keys(STREAMS).map((stream) => `stream-${stream}`),
];

const plain = pluginOf('foe', (tag) => {
  const [, limit, deedOfBodies] = /^bodies-(\d+)-(.+)$/.exec(tag) ?? [];
  const [, stream] = /^stream-(.+)$/.exec(tag) ?? [];
  const handlers: Record<string, unknown> = {};
  if (stream !== undefined) handlers['responseStream'] = STREAMS[stream];
  else if (deedOfBodies !== undefined) {
    const run = (exchange: ResponseExchange, body: Body): unknown => {
      body.bytes.fill(0);
      body.replace('foe');
      return DEEDS[deedOfBodies]?.(exchange);
    };
    handlers['requestBody'] = { limit: Number(limit), run };
    handlers['responseBody'] = { limit: Number(limit), run };
  } else {
    const deed = DEEDS[tag];
    for (const step of ['preflight', 'request', 'response', 'done']) handlers[step] = deed;
  }
  const typed: Handlers = handlers;
  return typed;
});

/** A plugin whose policies do what their `tag` says, in every step there is. */
export const foe: Plugin = { ...plain, preflight: true };
