// How many decisions the engine makes in a second of processor time: gate, route, five policies both ways, no I/O.
import { checkDocument } from '@postern/config';
import {
  Current,
  Received,
  RunningExchange,
  compileApart,
  decide,
  gate,
  runDone,
  runResponse,
  withoutHopByHop,
} from '@postern/engine';
import { builtinPlugins } from 'postern';
import { figure, measuredLine } from '../core/own.ts';
import { FRIEND } from '../core/site.ts';
import { posternDocument } from '../sites/postern.ts';

const rounds = process.argv.includes('quick') ? 3 : 10;
const DECISIONS = 50_000;
const plugins = new Map(builtinPlugins.map((plugin) => [plugin.name, plugin]));
const site = { port: 0, upstream: 9000, protocol: 'http', policies: 'five', routes: 0, workers: 1 } as const;
const runtime = { now: Date.now, random: Math.random, after: () => () => undefined };

const { current, limits } = compiled();
const rawHeaders = ['host', 'shop.example.com', 'origin', FRIEND, 'user-agent', 'bench', 'accept', '*/*'];
const answer = [
  'server',
  'upstream',
  'content-type',
  'application/json',
  'content-length',
  '106',
  'connection',
  'keep-alive',
];
const client = { address: '127.0.0.1', scheme: 'http', host: undefined, forwardedFor: undefined } as const;

const perSecond: number[] = [];
for (let round = 0; round <= rounds; round += 1) {
  const before = process.cpuUsage();
  for (let at = 0; at < DECISIONS; at += 1) decideOnce(at);
  const { user, system } = process.cpuUsage(before);
  // The first round warms up.
  if (round > 0) perSecond.push(DECISIONS / ((user + system) / 1e6));
}
console.log(measuredLine({ figures: { decisions: figure('/s/core', ...perSecond) } }));

function compiled() {
  const environment = { variable: () => undefined, file: () => undefined };
  const source = { text: posternDocument(site), origin: 'gateway.yaml', revision: 1 };
  const checked = checkDocument(source, { plugins, environment, unresolved: 'error' });
  if (checked.kind === 'refused') throw new Error(JSON.stringify(checked.issues));
  const steps = compileApart({ document: checked.value, revision: 1, digest: 'bench' }, plugins);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  if (step.value.kind === 'refused') throw new Error(JSON.stringify(step.value.issues));
  const current = new Current();
  current.swap(step.value.value);
  return { current, limits: checked.value.server.limits };
}

/** One exchange as the server runs it, with an upstream's answer at hand. Paths differ, so that nothing is answered from a cache of one. */
function decideOnce(at: number): void {
  const passed = gate({ protocol: 'HTTP/1.1', method: 'GET', url: `/shop/items?page=${at % 100}`, rawHeaders }, limits);
  const snapshot = current.lease();
  if (passed.kind !== 'passed' || snapshot === undefined) throw new Error('the request did not pass');
  const request = new Received(passed, client, '127.0.0.1');
  const exchange = new RunningExchange({ request, snapshot, runtime });
  if (decide(exchange, { listener: 'public', passed, request, limits }) !== 'forward') throw new Error('not forwarded');
  exchange.answerFromUpstream(200, withoutHopByHop(answer));
  runResponse(exchange);
  if (exchange.headers.get('access-control-allow-origin') !== FRIEND) throw new Error('no permission');
  runDone(exchange);
  snapshot.release();
}
