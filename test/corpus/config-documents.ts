/** What a row of the corpus is in words of our own: `good` is the text that serves. */
type Attack = (good: string) => string | Buffer;

const swap =
  (from: string, to: string): Attack =>
  (good) => {
    if (!good.includes(from)) throw new Error(`the document has no ${from}`);
    return good.replace(from, () => to);
  };
const behind =
  (text: string): Attack =>
  (good) =>
    `${good}${text}\n`;
const policy = (line: string): Attack => swap('policies:\n  - {', `policies:\n  - ${line}\n  - {`);
const group = (line: string): Attack => swap('apiGroups:\n', `apiGroups:\n  - ${line}\n`);

const MAX_AGE = 'maxAge: 600';
const OK_GROUP = '{ name: more, hosts: [more.test], upstream: u1-0 }';

function quadraticMerge(): string {
  const keys = Array.from({ length: 2_000 }, (_, at) => `k${at}: 1`).join(', ');
  return `x-merge: &a { ${keys} }\ny-merge:\n  <<: [${Array.from({ length: 2_000 }, () => '*a').join(', ')}]\n`;
}

function aliases(): string {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
  const lines = names.map((name, at) => {
    const member = at === 0 ? '"x"' : `*${names[at - 1]}`;
    return `${name}: &${name} [${Array.from({ length: 9 }, () => member).join(',')}]`;
  });
  return `${lines.join('\n')}\n`;
}

/** The rows that one document can hold. What must be refused is refused as one of these and in the row's own bytes. */
export const ATTACKS: ReadonlyMap<string, Attack> = new Map<string, Attack>([
  ['P-CFG-001', behind('__proto__: { isAdmin: true }')],
  ['P-CFG-002', swap(MAX_AGE, `${MAX_AGE}\n      constructor: { prototype: { polluted: 1 } }`)],
  ['P-CFG-003', swap(MAX_AGE, `${MAX_AGE}\n      <<: { __proto__: { polluted: true } }`)],
  ['P-CFG-004', (good) => aliases() + good],
  ['P-CFG-005', (good) => quadraticMerge() + good],
  ['P-CFG-006', swap('gateway: {', 'gateway: !!js/function "function(){return process.exit()}" #')],
  ['P-CFG-007', behind('policies: []')],
  ['P-CFG-008', () => '{ "upstreams": [], "apiGroups": [], "apiGroups": [{ "name": "evil" }] }'],
  ['P-CFG-009', policy('{ name: match, plugin: match, config: { header: user-agent, regex: "^(a+)+$" } }')],
  ['P-CFG-010', swap('allowOrigins:', 'allowOrigin:')],
  ['P-CFG-011', policy('{ name: other, plugin: corss, config: {} }')],
  ['P-CFG-012', policy('{ name: other, plugin: constructor, config: {} }')],
  ['P-CFG-013', swap('[https://app.example.com, https://*.apps.example.com]', '["*"]')],
  [
    'P-CFG-014',
    swap('upstreams:\n', 'upstreams:\n  - { name: meta, targets: ["http://169.254.169.254/latest/meta-data/"] }\n'),
  ],
  ['P-CFG-015', swap('upstreams:\n', 'upstreams:\n  - { name: file, targets: ["file:///canary"] }\n')],
  [
    'P-CFG-016',
    policy('{ name: split, plugin: headers, config: { response: { set: { x-a: "b\\r\\nSet-Cookie: evil=1" } } } }'),
  ],
  [
    'P-CFG-017',
    policy('{ name: frame, plugin: headers, config: { request: { set: { transfer-encoding: chunked } } } }'),
  ],
  ['P-CFG-018', swap('connect: 1000ms', 'connect: -1')],
  ['P-CFG-019', swap(MAX_AGE, 'maxAge: 1e999')],
  ['P-CFG-020', (good) => good.slice(0, good.indexOf('allowOrigins:') + 30)],
  ['P-CFG-021', () => ' '],
  ['P-CFG-022', () => 'null'],
  ['P-CFG-023', (good) => Buffer.concat([Buffer.from(good), Buffer.from('# '), Buffer.from([0xff, 0xfe, 0x0a])])],
  ['P-CFG-024', (good) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(good)])],
  ['P-CFG-025', () => `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
  ['P-CFG-026', (good) => `${good}${`# ${'a'.repeat(1021)}\n`.repeat(9 * 1024)}`],
  ['P-CFG-027', group(`${OK_GROUP}\n  - ${OK_GROUP.replace('more.test', 'other.test')}`)],
  ['P-CFG-028', group(`${OK_GROUP}\n  - ${OK_GROUP.replace('name: more', 'name: other')}`)],
  ['P-CFG-029', group(OK_GROUP.replace('name: more', 'name: "../../canary"'))],
  ['P-CFG-030', group(OK_GROUP.replace('name: more', 'name: "g.*.>"'))],
  ['P-CFG-033', (good) => `${good.slice(0, good.indexOf('apiGroups:\n'))}apiGroups: []\n`],
  [
    'P-CFG-034',
    (good) =>
      good +
      Array.from(
        { length: 10_000 },
        (_, at) =>
          `  - { name: many-${at}, labels: { tier: public, team: a-team-with-a-name, region: eu-central-1, stage: production, owner: somebody-else }, hosts: [host-${at}.many.test], basePath: /many/${at}, upstream: u1-0, policies: [inherit, cors] }\n`,
      ).join(''),
  ],
  ['P-RES-009', policy('{ name: match, plugin: match, config: { match: "^(a+)+$" } }')],
]);
