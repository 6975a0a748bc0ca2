import type { Finding, Severity } from '@postern/model';
import { addFinding } from './findings.ts';
import type { Environment } from './known.ts';
import { printable } from './quote.ts';
import type { Allowed } from './secrets.ts';
import type { MapNode, Node, ScalarNode, Tree } from './tree.ts';

/** What a text with references stands for. */
export interface Reference {
  /** The text as written: all that messages may show. */
  readonly source: string;
  /** With the values in place; a placeholder where one is unknown. */
  readonly text: string;
  /** False when a value is unknown here: checks of the value are for the node that knows it. */
  readonly resolved: boolean;
  /** True when the text is one reference and nothing else, and may so become a number or a truth value. */
  readonly whole: boolean;
}

export type References = ReadonlyMap<Node, Reference>;

/** What stands for a value that is unknown here. */
export const PLACEHOLDER = 'placeholder';

// The name and the default run to the first closing brace; `$${` comes first so that it is never taken for a reference.
const TOKEN = /\$\$\{|\$\{([^}]*)\}?/g;
const ENV = /^env:([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;
const FILE = /^file:(.+)$/s;

/**
 * Finds and resolves `${env:NAME}`, `${env:NAME:-default}` and `${file:path}` in every text of a tree; `$${` is a literal
 * `${`. Values go into the returned map only, never into a finding. Pure but for the environment it is handed.
 */
export function resolve(
  tree: Tree,
  { environment, unresolved, allowed }: Pick<Asked, 'environment' | 'unresolved' | 'allowed'>,
): { readonly references: References; readonly findings: readonly Finding[] } {
  const references = new Map<Node, Reference>();
  const findings: Finding[] = [];
  const path: (string | number)[] = [];
  const found = (finding: Omit<Finding, 'path'>): void => addFinding(findings, { ...finding, path: [...path] });
  const visit = (node: Node): void => {
    if (node.kind === 'scalar') {
      if (typeof node.value !== 'string' || !node.value.includes('${') || references.has(node)) return;
      references.set(node, resolveText(node, { environment, unresolved, allowed, found }));
      return;
    }
    const below = node.kind === 'list' ? node.items.entries() : valuesOf(node);
    for (const [step, child] of below) {
      path.push(step);
      visit(child);
      path.pop();
    }
  };
  if (tree.refers) visit(tree.root);
  return { references, findings };
}

function* valuesOf(node: MapNode): Iterable<readonly [string, Node]> {
  for (const [key, { value }] of node.members) yield [key, value];
}

interface Asked {
  readonly environment: Environment;
  readonly unresolved: Severity;
  /** What references may name; absent: anything. */
  readonly allowed?: Allowed | undefined;
  found(finding: Omit<Finding, 'path'>): void;
}

function resolveText(node: ScalarNode, asked: Asked): Reference {
  const source = String(node.value);
  let count = 0;
  let resolved = true;
  const text = source.replace(TOKEN, (token: string, inner: string | undefined) => {
    if (inner === undefined) return '${';
    count += 1;
    const value = valueOf(token, inner, asked);
    if (value === undefined) resolved = false;
    return value ?? PLACEHOLDER;
  });
  return { source, text, resolved, whole: count === 1 && /^\$\{[^}]*\}$/.test(source) };
}

function valueOf(token: string, inner: string, asked: Asked): string | undefined {
  const { environment, unresolved } = asked;
  const env = ENV.exec(inner);
  const file = FILE.exec(inner);
  if (!token.endsWith('}') || (env === null && file === null)) {
    const plain = /^[A-Za-z_][A-Za-z0-9_]*$/.test(inner) ? `\${env:${inner}}, or ` : '';
    asked.found({
      severity: 'error',
      code: 'reference/malformed',
      message: `${printable(token)} is not a reference: \${env:NAME}, \${env:NAME:-default} and \${file:path} are`,
      fix: `write ${plain}$\${ for a literal \${`,
    });
    return undefined;
  }
  const named = env?.[1] ?? file?.[1] ?? '';
  if (asked.allowed?.(env === null ? 'file' : 'env', named) === false) {
    const key = env === null ? 'files' : 'env';
    const message = `a document from the bus may not name ${printable(named)}`;
    const fix = `add it to server.secrets.${key} of the node's file and restart, or take the reference out`;
    asked.found({ severity: 'error', code: 'reference/not-allowed', message, fix });
    return undefined;
  }
  if (env !== null) {
    const [, name = '', fallback] = env;
    // As in a shell, `:-` stands in for what is unset and for what is empty.
    const value = environment.variable(name);
    if (value !== undefined && (value !== '' || fallback === undefined)) return value;
    if (fallback !== undefined) return fallback;
    const message = `the environment variable ${printable(name)} is not set`;
    asked.found({
      severity: unresolved,
      code: 'reference/not-set',
      message,
      fix: `set ${printable(name)}, or write \${env:${printable(name)}:-default}`,
    });
    return undefined;
  }
  const path = file?.[1] ?? '';
  const value = environment.file(path);
  if (value === undefined) {
    const message = `the file ${printable(path)} cannot be read`;
    asked.found({
      severity: unresolved,
      code: 'reference/unreadable',
      message,
      fix: 'create it, or make it readable for the gateway',
    });
  }
  // Editors and `echo` end a file with a line break that nobody means to be part of the secret.
  return value?.replace(/\r?\n$/, '');
}
