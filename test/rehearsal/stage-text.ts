import { checkDocument } from '@postern/config';
import { compileApart } from '@postern/engine';
import type { Rehearsable, RehearsalInputs, Runtime, Snapshot } from '@postern/engine';
import { refuses } from '@postern/model';
import type { Plugin, Result } from '@postern/model';

/** Compiles a text for rehearsals; throws what stands against it. */
export function stageText(text: string, plugins: readonly Plugin[], digest = 'digest'): Rehearsable {
  const byName = new Map(plugins.map((plugin) => [plugin.name, plugin]));
  const environment = { variable: () => undefined, file: () => undefined };
  const known = { plugins: byName, environment, unresolved: 'error' } as const;
  const document = must(checkDocument({ text, origin: 'gateway.yaml', revision: 1 }, known));
  const steps = compileApart({ document, revision: 1, digest }, byName);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  const snapshot: Snapshot = must(step.value);
  return { document, snapshot };
}

function must<Value>(result: Result<Value>): Value {
  if (result.kind === 'accepted' && !refuses(result.warnings)) return result.value;
  const issues = result.kind === 'refused' ? result.issues : result.warnings;
  throw new Error(issues.map(({ message, code }) => `${message} [${code}]`).join('\n'));
}

/** A clock that stands still, half a chance, and real time for what is late. */
const RUNTIME: Runtime = {
  now: () => Date.UTC(2026, 0, 2, 3, 4, 5),
  random: () => 0.5,
  after,
};

/** Real time, for what is late. */
export function after(milliseconds: number, late: () => void): () => void {
  const timer = setTimeout(late, milliseconds);
  return () => clearTimeout(timer);
}

/** `GET http://shop.test/items` with these headers, on the listener `public`; nothing is known of the outside. */
export function inputsFor(
  staged: Rehearsable,
  line: string,
  headers: Readonly<Record<string, string>> = {},
): RehearsalInputs {
  const [method = '', url = ''] = line.split(' ');
  const [, scheme, host = '', target = ''] = /^(https?):\/\/([^/]*)(.*)$/.exec(url) ?? [];
  return {
    staged,
    head: {
      method,
      target,
      headers: [['host', host], ...Object.entries(headers)],
      protocol: 'HTTP/1.1',
      listener: 'public',
      scheme: scheme === 'https' ? 'https' : 'http',
      peer: '192.0.2.7',
    },
    runtime: RUNTIME,
    known: { outside: () => undefined },
  };
}
