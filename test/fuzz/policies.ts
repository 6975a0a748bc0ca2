import { canonicalTarget } from '@postern/engine';
import { builtinPlugins } from 'postern';
import type { Answer } from '../corpus/answer-reader.ts';
import deny from '../corpus/deny.ts';
import { Recorder, write } from '../corpus/recorder.ts';
import type { Teardown } from '../corpus/recorder.ts';
import type { StrictRequest } from '../corpus/strict-reader.ts';
import { SERVER, gatewayFor } from '../kit/gateway.ts';
import { until } from '../kit/until.ts';
import type { Subject } from './campaign.ts';
import type { Input } from './input.ts';
import { PARALLEL, play, probeOf } from './play.ts';
import { anyPolicyRequest } from './policies-grammar.ts';
import { modelOf } from './policies-model.ts';

const DOCUMENT = (port: number): string => `${SERVER}upstreams: [{ name: up, targets: ["http://127.0.0.1:${port}"] }]
gateway: { policies: [id, log] }
policies:
  - { name: id, plugin: request-id, config: { trust: true } }
  - { name: log, plugin: access-log }
  - { name: deny, plugin: deny, config: {} }
  - name: web
    plugin: cors
    config:
      enforcement: strict
      allowMethods: [GET, POST, PUT, DELETE]
      allowOrigins: ["https://app.example.com", "https://*.example.org", "http://localhost:*", '~https://pr-\\d+\\.preview\\.test',
                     "https://[2001:db8::1]:8443", "https://xn--caf-dma.example"]
apiGroups:
  - name: shop
    hosts: [gateway.test]
    basePath: /shop
    encodedSlash: true
    upstream: up
    policies: [inherit, web]
    routes:
      - { name: list, path: /items, methods: [GET, PUT] }
      - { name: one, path: "/items/{id}", methods: [GET] }
      - { name: parts, path: "/items/{id}/parts/*" }
      - { name: rest, path: /* }
  - { name: admin, basePath: /admin, encodedSlash: true, upstream: up, policies: [inherit, deny] }
  - { name: open, encodedSlash: true, upstream: up, policies: [inherit, web] }
`;

/** One exchange, as client, upstream and log tell it. */
interface Told {
  readonly input: Input;
  readonly id: string;
  readonly answer: Answer | undefined;
  readonly stalled: boolean;
}

let exchanges = 0;

/** The lines of an input, also of one that was made smaller. */
function partsOf({ text }: Input): Parameters<typeof modelOf>[0] {
  const [method = '', target = '', host = '', origin] = text.split('\n');
  const known = /^(?:GET|HEAD|POST|PUT|DELETE)$/.test(method);
  return {
    method: known ? method : 'GET',
    target: target === '' ? '/' : target,
    host,
    origin: origin?.replace(/^[ \t]+|[ \t]+$/g, ''),
  };
}

/** Paths and origins: what the policies decided on is what is logged and what the upstream gets. */
export async function policiesThrough(t: Teardown): Promise<Subject> {
  const upstream = await Recorder.open(t);
  upstream.answering = (request, socket) => write(request, socket, 'ok');
  const gateway = await gatewayFor(t, DOCUMENT(upstream.port), builtinPlugins.includes(deny) ? [] : [deny]);
  const probe = probeOf(gateway.port(), '/shop/probe');
  const exchange = async (input: Input): Promise<Told> => {
    exchanges += 1;
    const id = `exchange-${exchanges}`;
    const { method, target, host, origin } = partsOf(input);
    const lines = [
      `Host: ${host}`,
      `X-Request-Id: ${id}`,
      ...(origin === undefined ? [] : [`Origin: ${origin}`]),
      'Connection: close',
    ];
    const text = `${method} ${target} HTTP/1.1\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
    const { answers, stalled } = await play(gateway.port(), { text, cuts: [] }, probe);
    return { input, id, answer: answers.final[0], stalled };
  };
  return {
    name: 'policies',
    batch: 120,
    make: anyPolicyRequest,
    async play(inputs) {
      const told: Told[] = [];
      const waiting = inputs.entries();
      const lane = async (): Promise<void> => {
        for (const [at, input] of waiting) told[at] = await exchange(input);
      };
      await Promise.all(Array.from({ length: PARALLEL }, lane));
      const seen = new Map(upstream.take().requests.map((request) => [valueOf(request, 'x-request-id'), request]));
      const logged = (): ReadonlyMap<unknown, (typeof gateway.written)[number]> =>
        new Map(gateway.written.filter((record) => 'path' in record).map((record) => [record['requestId'], record]));
      // A line is written when its connection closes, which may be a moment after the answer.
      await until(async () => [...seen.keys()].every((id) => logged().has(id)), 'a request is not logged');
      const log = logged();
      const found = told.map((one) => violationsOf(one, seen.get(one.id), log.get(one.id)));
      gateway.written.length = 0;
      gateway.said.length = 0;
      return { found, general: [] };
    },
  };
}

function violationsOf(
  told: Told,
  got: StrictRequest | undefined,
  record: Readonly<Record<string, unknown>> | undefined,
): readonly string[] {
  const { input, answer, stalled } = told;
  const { method, target, host, origin } = partsOf(input);
  const model = modelOf({ method, target, host, origin });
  const shown = JSON.stringify({ target, host, origin, ...model, answered: answer?.status, record, got: got?.target });
  const violations: string[] = [];
  const says = (holds: boolean, kind: string): void => void (holds || violations.push(`${kind}: ${shown}`));
  says(!stalled && answer !== undefined && answer.status < 500, 'no answer');
  if (model.path === undefined) {
    says(got === undefined, 'a request of two readings went upstream');
    says(record === undefined && answer?.status === 400, 'a request of two readings ran policies');
    return violations;
  }
  const twice = canonicalTarget(model.path);
  says(twice.kind === 'target' && twice.path === model.path, 'the canonical path has another');
  says(record?.['path'] === model.path, 'another path is logged');
  says(record?.['group'] === model.group && record?.['route'] === model.route, 'another route took it');
  const granted = answer?.lines.find(([name]) => name === 'access-control-allow-origin')?.[1];
  if (model.group === 'admin') {
    says(got === undefined && answer?.status === 403, 'it passed the guard');
    return violations;
  }
  if (got !== undefined) {
    says(got.target === model.sent, 'another target was sent');
    says(valueOf(got, 'origin') === origin, 'another origin was sent');
  }
  if (granted !== undefined)
    says(granted === origin && model.grant !== 'no' && model.grant !== 'none', 'an origin was granted');
  if (model.grant === 'yes') says(granted !== undefined && got !== undefined, 'an origin was not granted');
  if (model.grant === 'no') says(got === undefined && answer?.status === 403, 'an origin passed');
  if (model.grant === 'none' || model.grant === 'same')
    says(got !== undefined && granted === undefined, 'a request was lost');
  return violations;
}

function valueOf({ lines }: StrictRequest, wanted: string): string | undefined {
  return lines.find(([name]) => name === wanted)?.[1];
}
