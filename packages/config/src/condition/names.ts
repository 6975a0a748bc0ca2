import { Environment } from '@marcbachmann/cel-js';
import type { RequestField } from '@postern/model';

/** Characters of one expression: what people can still read. */
export const MAX_TEXT = 1024;
/** Nodes of one expression, loops over lists written out: each costs at most one pass over one header or the path. */
export const MAX_NODES = 400;
const MAX_DEPTH = 32;

/** Fields of `request` that are texts. */
export const REQUEST_FIELDS: readonly RequestField[] = [
  'method',
  'path',
  'host',
  'scheme',
  'protocol',
  'clientAddress',
];

/** What an expression may read, below each variable, any name where none is told; also what unknown names are held against. */
export const NAMES: Readonly<Record<string, readonly string[]>> = {
  request: [...REQUEST_FIELDS, 'headers', 'query'],
  consumer: ['name', 'labels'],
  group: ['name', 'labels'],
  route: ['name', 'labels'],
  claims: [],
  params: [],
};

/** Functions of one expression: on a text, and standing alone. */
export const METHODS = [
  'startsWith',
  'endsWith',
  'contains',
  'matches',
  'lowerAscii',
  'upperAscii',
  'size',
  'exists',
  'all',
];
export const FUNCTIONS = ['has', 'int', 'size'];

const MAPS = new Set(['headers', 'query', 'labels']);

/** Parses and type-checks; never evaluates: see `docs/decisions/conditions.md`. */
export const environment = define();

function define(): Environment {
  const limits = { maxAstNodes: MAX_NODES, maxDepth: MAX_DEPTH };
  const made = new Environment({ limits, homogeneousAggregateLiterals: true });
  for (const [variable, fields] of Object.entries(NAMES)) {
    if (fields.length === 0) {
      // A claim is a text, a number or a list: which of them the request decides.
      made.registerVariable(variable, variable === 'claims' ? 'map<string, dyn>' : 'map<string, string>');
      continue;
    }
    const schema = Object.fromEntries(
      fields.map((field) => [field, MAPS.has(field) ? 'map<string, string>' : 'string']),
    );
    made.registerVariable(variable, { schema });
  }
  return made;
}

/** Names that users of other gateways write, with ours. */
export const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['source', 'request.clientAddress'],
  ['client', 'request.clientAddress'],
  ['remote_addr', 'request.clientAddress'],
  ['http', 'request'],
  ['req', 'request'],
  ['headers', 'request.headers'],
  ['query', 'request.query'],
  ['method', 'request.method'],
  ['path', 'request.path'],
  ['host', 'request.host'],
  ['labels', 'route.labels'],
  ['jwt', 'claims'],
  ['token', 'claims'],
  ['captures', 'params'],
  ['auth', 'consumer'],
  ['user', 'consumer'],
  ['request.url_path', 'request.path'],
  ['request.uri', 'request.path'],
  ['request.header', 'request.headers'],
  ['request.params', 'request.query'],
  ['request.remoteAddress', 'request.clientAddress'],
  ['request.ip', 'request.clientAddress'],
]);
