import { problem, refuse } from '@postern/kit';
import type { CompileContext, Exchange, Finding, Verdict } from '@postern/kit';
import type { Written } from '../config.ts';
import type { Operation } from '../operation.ts';
import { below, mapOf } from '../pointer.ts';
import { basePathsOf, belowBase } from './base-paths.ts';
import { Definitions } from './definitions.ts';
import { readDocument } from './document.ts';
import type { ReadDocument } from './document.ts';
import { compileOperation, declareOperation } from './operations.ts';
import type { DeclaredOperation } from './operations.ts';
import type { Reading } from './parameters.ts';
import { PathTree } from './path-tree.ts';

/** What becomes of a request by the document alone. */
type Found =
  | {
      readonly kind: 'found';
      readonly operation: Operation;
      readonly captures: readonly (readonly [string, string])[];
    }
  | { readonly kind: 'passed' }
  | { readonly kind: 'refused'; readonly verdict: Verdict };

/** The operations of an OpenAPI document. */
interface Api {
  find(request: Pick<Exchange['request'], 'method' | 'path'>): Found;
}

interface MadeApi {
  readonly api: Api;
  readonly problems: readonly Finding[];
  /** Whether any operation checks a body. */
  readonly readsBodies: boolean;
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/** Reads the document of a config and compiles all that its operations check. All problems at once. */
export function toApi(config: Written, context: CompileContext): MadeApi {
  const document = readDocument(config.openapi);
  if (document.kind === 'wrong') return { api: NO_API, problems: [notRead(document)], readsBodies: false };
  const { root, version } = document;
  const problems: Finding[] = [];
  const isText = typeof config.openapi === 'string';
  // What a path says for all its operations is read for each of them.
  const said = new Set<string>();
  const report = (finding: Finding): void => {
    const key = JSON.stringify([finding.code, finding.path, finding.message]);
    if (!said.has(key)) problems.push(placed(finding, isText));
    said.add(key);
  };
  const warn = (finding: Omit<Finding, 'severity'>): void => context.warn(placed(problem(finding), isText));
  const reading: Reading = { root, report, warn, definitions: new Definitions(root, version, report) };
  checkDialect(root, report);
  const declared = declareAll(root, reading);
  reading.definitions.close();
  const tree = new PathTree<ReadonlyMap<string, Operation>>();
  let readsBodies = false;
  if (problems.length === 0) {
    for (const [path, operations] of declared) {
      const compiled = new Map<string, Operation>();
      for (const [method, one] of operations) {
        const operation = compileOperation(one, { reading, others: config.otherContentTypes ?? 'refuse' });
        readsBodies ||= operation.body?.contents.some(({ check }) => check !== undefined) ?? false;
        compiled.set(method, operation);
      }
      if (tree.add(path, compiled) !== undefined) report(samePath(path));
    }
  }
  const bases = basePathsOf(root, config.basePath);
  return { api: finderOf(tree, { bases, unknown: config.unknownOperation ?? 'refuse' }), problems, readsBodies };
}

const PASSED: Found = { kind: 'passed' };
const NO_API: Api = { find: () => PASSED };

function finderOf(
  tree: PathTree<ReadonlyMap<string, Operation>>,
  { bases, unknown }: { readonly bases: readonly string[]; readonly unknown: 'refuse' | 'pass' },
): Api {
  return {
    find({ method, path }): Found {
      const rest = belowBase(path, bases);
      const found = rest === undefined ? undefined : tree.find(rest);
      if (found === undefined) return unknown === 'pass' ? PASSED : { kind: 'refused', verdict: NO_PATH };
      const operations = found.value;
      // GET implies HEAD, as for routes.
      const operation = operations.get(method) ?? (method === 'HEAD' ? operations.get('GET') : undefined);
      if (operation !== undefined) return { kind: 'found', operation, captures: found.captures };
      return unknown === 'pass' ? PASSED : { kind: 'refused', verdict: noMethod([...operations.keys()]) };
    },
  };
}

const NO_PATH = refuse({ status: 404, code: 'validate/operation', detail: 'The API has no such path.' });

function noMethod(methods: readonly string[]): Verdict {
  const allow = methods.includes('GET') && !methods.includes('HEAD') ? [...methods, 'HEAD'] : methods;
  return refuse({
    status: 405,
    code: 'validate/operation',
    detail: 'The API does not have this method on the path.',
    headers: ['allow', allow.join(', ')],
  });
}

/** Every operation of the document, by path and upper-case method. */
function declareAll(
  root: Readonly<Record<string, unknown>>,
  reading: Reading,
): ReadonlyMap<string, ReadonlyMap<string, DeclaredOperation>> {
  const all = new Map<string, ReadonlyMap<string, DeclaredOperation>>();
  const paths = mapOf(root['paths']);
  if (paths === undefined) reading.report(wrong(['paths'], 'the document has no paths', 'write paths'));
  for (const path of Object.keys(paths ?? {})) {
    if (path.startsWith('x-')) continue;
    if (!path.startsWith('/') || /[{}]/.test(path.replace(/\{[^{}/]+\}/g, ''))) {
      const message = 'a path begins with a slash, and each {name} in it is closed';
      reading.report({ ...wrong(['paths', path], message, 'write it as in /pets/{id}'), atKey: true });
      continue;
    }
    const item = reading.definitions.follow(below('/paths', path));
    if (item === undefined) continue;
    const operations = new Map<string, DeclaredOperation>();
    for (const method of METHODS.filter((name) => item.map[name] !== undefined))
      operations.set(method.toUpperCase(), declareOperation({ item: item.pointer, method }, reading));
    all.set(path, operations);
  }
  return all;
}

const DIALECTS: ReadonlySet<unknown> = new Set([
  undefined,
  'https://json-schema.org/draft/2020-12/schema',
  'https://spec.openapis.org/oas/3.1/dialect/base',
]);

function checkDialect(root: Readonly<Record<string, unknown>>, report: (finding: Finding) => void): void {
  if (DIALECTS.has(root['jsonSchemaDialect'])) return;
  const message = 'the draft of JSON Schema is not known here';
  const fix = 'leave jsonSchemaDialect out: draft 2020-12 is what OpenAPI 3.1 stands on';
  report(problem({ code: 'validate/dialect', path: ['jsonSchemaDialect'], message, fix }));
}

function notRead({ message, fix }: Extract<ReadDocument, { kind: 'wrong' }>): Finding {
  return problem({ code: 'validate/openapi', path: ['openapi'], message, fix });
}

/** The place of a finding in the config: in a text of its own it is named in words. */
function placed(finding: Finding, isText: boolean): Finding {
  if (!isText) return { ...finding, path: ['openapi', ...finding.path] };
  const pointer = finding.path.reduce<string>((made, step) => below(made, step), '');
  const { atKey: _key, ...rest } = finding;
  return { ...rest, path: ['openapi'], message: `${finding.message} (at ${pointer} of the document)` };
}

function samePath(path: string): Finding {
  const message = 'another path takes the same requests: names of parameters make no difference';
  return problem({ code: 'validate/openapi', path: ['paths', path], message, fix: 'keep one of them', atKey: true });
}

function wrong(path: readonly string[], message: string, fix: string): Finding {
  return problem({ code: 'validate/openapi', path, message, fix });
}
