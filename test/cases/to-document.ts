import type { Attachment, CasePolicy, CorsCase } from './cors-case.ts';

/** A document that puts a row's configuration to work, and in which of several possible ways. */
export interface CaseDocument {
  readonly way: string;
  readonly text: string;
}

/** What is the same for all documents of a run. */
export interface Surroundings {
  /** The server section, as YAML. */
  readonly server: string;
  readonly upstream: string;
}

/** Nothing listens on port 1 (tcpmux) of a loopback address. */
const NOBODY = 'http://127.0.0.1:1';

const STATUS_OF: readonly (readonly [name: RegExp, status: number])[] = [
  [/^(?:api-key|basic-auth|jwt|unauthenticated)/, 401],
  [/^rate-limit/, 429],
  [/^forbidden/, 403],
  [/^redirect/, 302],
];

/**
 * Makes the documents of a row. A policy without attachments stands at each of the three levels in turn; other policies
 * stand before and behind it, and at a wider level: a row holds however its author arranged things.
 */
export function toDocuments(row: CorsCase, around: Surroundings): readonly CaseDocument[] {
  if (row.attachments !== undefined)
    return [toDocument(row, { way: 'as attached', attachments: row.attachments }, around)];
  const { policy } = row;
  if (policy === null) return [];
  const levels = ['gateway', 'group', 'route'] as const;
  const ways = levels.map((level): Way => ({ way: `at the ${level}`, attachments: [{ level, policy }] }));
  const others = othersOf(row);
  if (others.length === 0) return ways.map((way) => toDocument(row, way, around));
  const names = ['cors-0', ...others.map((_, at) => `other-${at}`)];
  const ordered = permutations(names).map((order): Way => ({
    way: order.join(' then '),
    attachments: [{ level: 'group', policy }],
    order,
  }));
  return [...ordered, ...ways.map((way) => ({ ...way, way: `others at the gateway, cors ${way.way}` }))].map((way) =>
    toDocument(row, way, around),
  );
}

/** The document of one policy at a group, for steps and for rows that only load it. */
export function documentOf(policy: CasePolicy, around: Surroundings): string {
  return compose(
    { groups: [{ name: 'api', upstream: 'up', policies: ['cors-0'] }], policies: [corsPolicy(policy, 0)] },
    around,
  );
}

interface Way {
  readonly way: string;
  readonly attachments: readonly Attachment[];
  /** The list of the group, when other policies stand beside cors there. */
  readonly order?: readonly string[];
}

function toDocument(row: CorsCase, { way, attachments, order }: Way, around: Surroundings): CaseDocument {
  const others = othersOf(row).map((status, at) => ({ name: `other-${at}`, plugin: 'stub', config: { status } }));
  const policies = [...attachments.map(({ policy }, at) => corsPolicy(policy, at)), ...others];
  const at = (level: Attachment['level'], path: string) =>
    attachments.flatMap(({ level: found, target = path }, index) =>
      found === level && target === path ? [`cors-${index}`] : [],
    );
  const paths = new Set([
    '/path1',
    '/path2',
    row.request?.path ?? '/case',
    ...attachments.map(({ target }) => target ?? '/case'),
  ]);
  // Rows that name a path without a route ask what happens where no group is.
  paths.delete('/no-route-needed');
  const groups = [...paths].map((path) => ({
    name: path.slice(1),
    basePath: path,
    upstream: 'up',
    policies: order ?? at('group', path),
    routes: [{ name: 'all', path: '/*', ...conditionsOf(row), policies: at('route', path) }],
  }));
  const wide = order === undefined ? others.map(({ name }) => name) : [];
  return {
    way,
    text: compose(
      { groups, policies, gateway: { policies: [...wide, ...at('gateway', row.request?.path ?? '/case')] } },
      around,
      row.context?.gatewayFailure === 'upstream-unreachable',
    ),
  };
}

function corsPolicy(policy: CasePolicy, at: number): object {
  const { mode = 'enforce', ...config } = policy;
  const rejectAll = mode === 'rejectAll' ? { rejectAll: true } : {};
  return {
    name: `cors-${at}`,
    plugin: 'cors',
    mode: mode === 'rejectAll' ? 'enforce' : mode,
    config: { ...config, ...rejectAll },
  };
}

/** Statuses of the policies that turn the row's request away, or would if cors let them. */
function othersOf({ context }: CorsCase): readonly number[] {
  if (context?.gatewayFailure === 'upstream-unreachable') return [];
  const names = context?.otherPolicies ?? (context?.gatewayFailure === undefined ? [] : [context.gatewayFailure]);
  return names.map((name) => {
    const status = STATUS_OF.find(([known]) => known.test(name))?.[1];
    if (status === undefined) throw new Error(`no stub for ${name}`);
    return status;
  });
}

function conditionsOf({ context }: CorsCase): object {
  const headers = context?.routeMatchHeaders?.map((name) => [name, 'given']);
  return {
    ...(headers === undefined ? {} : { headers: Object.fromEntries(headers) }),
    ...(context?.routeMethods === undefined ? {} : { methods: context.routeMethods }),
  };
}

/** JSON in flow style is YAML; only the server section is written by hand. */
function compose(
  parts: { readonly groups: readonly object[]; readonly policies: readonly object[]; readonly gateway?: object },
  around: Surroundings,
  unreachable = false,
): string {
  const { groups, policies, gateway = {} } = parts;
  const upstreams = [{ name: 'up', targets: [unreachable ? NOBODY : around.upstream] }];
  const live = Object.entries({ gateway, upstreams, policies, apiGroups: groups });
  return `${around.server}${live.map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`).join('')}`;
}

function permutations(names: readonly string[]): readonly (readonly string[])[] {
  if (names.length <= 1) return [names];
  return names.flatMap((first) => permutations(names.filter((name) => name !== first)).map((rest) => [first, ...rest]));
}
