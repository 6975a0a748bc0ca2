import type { CompileResult, Finding, Handlers, Plugin } from '@postern/model';
import { ignore, isPromise } from './step-result.ts';

/** Steps that are functions; those with a body are a limit and a function. */
const PLAIN = ['preflight', 'request', 'response', 'responseStream', 'done', 'close'] as const;
const WITH_BODY = ['requestBody', 'responseBody'] as const;

/** What `compile` returned, read as what it has to be: the steps of a policy, or every problem with its config. */
export type ReadResult =
  | { readonly kind: 'handlers'; readonly handlers: Handlers }
  | { readonly kind: 'findings'; readonly findings: readonly Finding[] };

/**
 * Reads what the `compile` of a plugin returned. Plugins in JavaScript return anything, and a promise of steps would be a
 * policy without any: whoever wrote `async compile` would have it attached and never run.
 */
export function readResult(plugin: Plugin, said: CompileResult): ReadResult {
  if (isFindings(said)) return { kind: 'findings', findings: said };
  const wrong = strangeness(said);
  if (wrong !== undefined) return { kind: 'findings', findings: [strange(plugin, wrong)] };
  if (said.preflight !== undefined && !plugin.preflight) return { kind: 'findings', findings: [undeclared(plugin)] };
  return { kind: 'handlers', handlers: said };
}

/** What is wrong with it, for people; undefined: these are steps. */
function strangeness(said: unknown): string | undefined {
  if (typeof said !== 'object' || said === null) return `compile returned ${said === null ? 'null' : typeof said}`;
  if (isPromise(said)) {
    // Nobody waits for it: what it rejects with must not end the process.
    ignore(said);
    return 'compile returned a promise';
  }
  for (const name of PLAIN) {
    const step = memberOf(said, name);
    if (step !== undefined && typeof step !== 'function') return `its ${name} step is no function`;
  }
  for (const name of WITH_BODY) {
    const step = memberOf(said, name);
    if (step === undefined) continue;
    if (typeof step !== 'object' || step === null) return `its ${name} step is no { limit, run }`;
    if (typeof memberOf(step, 'run') !== 'function') return `its ${name} step has no function run`;
    const wants = memberOf(step, 'wants');
    if (wants !== undefined && typeof wants !== 'function') return `its ${name} step has a wants that is no function`;
    if (typeof memberOf(step, 'limit') !== 'number') return `its ${name} step has no limit`;
  }
  return unknownStep(said);
}

/**
 * A step under a name that nobody calls: a guard that is misspelt would let everybody pass, and no type finds it beside a step
 * that is spelt right. Only what stands in the object itself: an instance of a class may have methods of its own.
 */
function unknownStep(said: object): string | undefined {
  const known: readonly string[] = [...PLAIN, ...WITH_BODY];
  const name = Object.keys(said).find((key) => !known.includes(key) && typeof memberOf(said, key) === 'function');
  return name === undefined ? undefined : `there is no step ${name}: the steps are ${known.join(', ')}`;
}

/** Methods of a class count as well. */
function memberOf(of: object, name: string): unknown {
  return Reflect.get(of, name);
}

function strange(plugin: Plugin, wrong: string): Finding {
  return {
    severity: 'error',
    code: 'plugin/strange-result',
    path: [],
    message: `plugin ${plugin.name} did not compile this config to steps: ${wrong}`,
    fix: 'this is a mistake in the plugin: its compile has to return an object of steps at once; what takes time belongs into a step',
  };
}

/** Whether a condition may stand on a policy was judged by what its plugin declares. */
function undeclared(plugin: Plugin): Finding {
  return {
    severity: 'error',
    code: 'plugin/undeclared-preflight',
    path: [],
    message: `plugin ${plugin.name} answers preflights without saying so`,
    fix: 'this is a mistake in the plugin: its author has to write preflight: true in definePlugin',
  };
}

function isFindings(said: unknown): said is readonly Finding[] {
  return Array.isArray(said);
}
