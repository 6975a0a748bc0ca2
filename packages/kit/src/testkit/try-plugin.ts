import { checkDocument } from '@postern/config';
import { compileSnapshot, rehearse, Sharing } from '@postern/engine';
import type { Rehearsable, RehearsalInputs, UpstreamAnswer } from '@postern/engine';
import { refuses } from '@postern/model';
import type { Plugin, Result } from '@postern/model';
import { Schema } from '@postern/schema';
import { definePlugin } from '../plugin.ts';
import { CALLER, HOST, POLICY, toDocument } from './document.ts';
import type { Answer, Setting, TriedPlugin, TriedRequest } from './trial.ts';

/**
 * Puts a plugin into a gateway without sockets: its config is checked, compiled and run by the same code that serves. For tests of
 * plugins, with rows of requests and answers.
 *
 * @example
 * const tried = tryPlugin(plugin, { config: { limit: 1 } });
 * const answer = await tried.send({ path: '/items', headers: { origin: 'https://app.example.com' } });
 * t.equal(answer.status, 429);
 */
export function tryPlugin(plugin: Plugin, setting: Setting = {}): TriedPlugin {
  const counts = new Map<string, number>();
  const written: Readonly<Record<string, unknown>>[] = [];
  const nothing = (): void => undefined;
  const sharing = new Sharing({
    counter: (policy, event) => () => {
      if (policy.name === POLICY) counts.set(event, (counts.get(event) ?? 0) + 1);
    },
    outcomes: () => ({ refused: nothing, responded: nothing, failed: nothing }),
    write: (_policy, record) => void written.push(record),
  });
  const staged = stage(plugin, { setting, sharing });
  const issues = staged.kind === 'refused' ? staged.issues : staged.warnings;
  return {
    issues,
    counts,
    written,
    send(request = {}): Promise<Answer> {
      if (staged.kind === 'refused') return Promise.reject(new Error(issues.map(({ message }) => message).join('\n')));
      return send(staged.value, request);
    },
    close(): void {
      if (staged.kind === 'accepted') staged.value.snapshot.retire();
    },
  };
}

function stage(
  plugin: Plugin,
  { setting, sharing }: { readonly setting: Setting; readonly sharing: Sharing },
): Result<Rehearsable> {
  const plugins = new Map([plugin, callerPlugin(setting.caller)].map((one) => [one.name, one]));
  const variables = new Map(Object.entries(setting.variables ?? {}));
  const checked = checkDocument(toDocument(plugin.name, setting), {
    plugins,
    environment: { variable: (name) => variables.get(name), file: () => undefined },
    unresolved: 'error',
  });
  if (checked.kind === 'refused') return checked;
  const document = checked.value;
  const steps = compileSnapshot({ document, revision: 1, digest: 'test' }, { plugins, sharing, previous: undefined });
  for (;;) {
    const step = steps.next();
    if (step.done !== true) continue;
    const compiled = step.value;
    if (compiled.kind === 'refused') return compiled;
    const warnings = [...checked.warnings, ...compiled.warnings];
    if (refuses(warnings)) return { kind: 'refused', issues: warnings };
    return { kind: 'accepted', value: { document, snapshot: compiled.value }, warnings };
  }
}

/** Stands in for whatever identifies callers in front of the plugin. */
function callerPlugin(caller: Setting['caller'] = {}): Plugin {
  const { consumer, claims } = caller;
  return definePlugin({
    name: CALLER,
    summary: 'Says who the caller of a trial is',
    config: Schema.Object({}),
    compile: () => ({
      request(exchange) {
        if (consumer !== undefined) exchange.identify(consumer);
        if (claims !== undefined) exchange.setClaims(claims);
      },
    }),
  });
}

async function send(staged: Rehearsable, tried: TriedRequest): Promise<Answer> {
  const { outgoing, outgoingBody, answer, decision } = await rehearse(toInputs(staged, tried));
  return {
    status: answer.status,
    headers: toRecord(answer.headers.entries()),
    body: textOf(answer.body),
    upstream:
      outgoing === undefined || decision.upstream === null
        ? undefined
        : { path: decision.upstream.path, headers: toRecord(outgoing.entries()), body: textOf(outgoingBody) },
    steps: decision.policies.find(({ policy }) => policy === POLICY)?.steps ?? [],
    consumer: decision.consumer,
    decision,
  };
}

const NOW = Date.UTC(2026, 0, 1);

function toInputs(staged: Rehearsable, tried: TriedRequest): RehearsalInputs {
  const { method = 'GET', path = '/', headers = {}, body, from = '192.0.2.1', protocol = 'HTTP/1.1' } = tried;
  const { outside = {}, now = NOW, random = 0.5 } = tried;
  const bytes = bytesOf(body);
  const length: readonly [string, string][] = bytes === undefined ? [] : [['content-length', String(bytes.length)]];
  return {
    staged,
    head: {
      method,
      target: path,
      headers: [['host', HOST], ...Object.entries(headers), ...length],
      protocol,
      listener: staged.document.server.listeners[0]?.name ?? '',
      scheme: 'http',
      peer: from,
    },
    ...(bytes === undefined ? {} : { body: bytes }),
    upstream: toAnswer(tried.upstream),
    runtime: { now: () => now, random: () => random, after },
    known: {
      live: true,
      outside: (_policy, key) =>
        Object.hasOwn(outside, key) ? { value: outside[key], promised: true, from: 'given' } : undefined,
    },
  };
}

function toAnswer(said: TriedRequest['upstream'] = {}): UpstreamAnswer {
  const { status = 200, headers = {}, body } = said;
  const pairs = Object.entries(headers).flatMap(([name, value]) => [name.toLowerCase(), value]);
  const bytes = bytesOf(body);
  return { kind: 'answer', status, headers: pairs, ...(bytes === undefined ? {} : { body: bytes }) };
}

function after(milliseconds: number, call: () => void): () => void {
  const timer = setTimeout(call, milliseconds);
  return () => clearTimeout(timer);
}

function bytesOf(body: string | Uint8Array | undefined): Uint8Array | undefined {
  return typeof body === 'string' ? new TextEncoder().encode(body) : body;
}

function textOf(body: string | Uint8Array | undefined): string {
  return typeof body === 'string' ? body : new TextDecoder().decode(body);
}

function toRecord(lines: Iterable<readonly [name: string, value: string]>): Readonly<Record<string, string>> {
  const joined = new Map<string, string>();
  for (const [name, value] of lines) {
    const before = joined.get(name);
    joined.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return Object.fromEntries(joined);
}
