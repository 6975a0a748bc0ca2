import type { ServerSection } from '@postern/model';
import { test } from 'tap';
import { checkDocument } from '../src/index.ts';

const environment = {
  variable: (name: string): string | undefined => (name.endsWith('_KEY') ? 'value' : undefined),
  file: (): string => 'value',
};

function check(text: string, server?: ServerSection) {
  const known = { plugins: new Map(), environment, unresolved: 'error' as const, server };
  return checkDocument({ text, origin: server === undefined ? 'gateway.yaml' : 'config.edge@7', revision: 7 }, known);
}

function sectionOf(text: string): ServerSection {
  const checked = check(text);
  if (checked.kind === 'refused') throw new Error(JSON.stringify(checked.issues));
  return checked.value.server;
}

const LIVE = `upstreams: [{ name: up, builtin: echo }]
apiGroups: [{ name: all, upstream: up }]
`;
const NATS = 'source: { nats: { servers: ["nats://127.0.0.1:4222"] } }';

test('the server section of a document from the bus is ignored with a warning, its mistakes as well', async (t) => {
  const server = sectionOf(`server: { name: edge, ${NATS} }\n`);
  const own = 'server: { workers: 5, nonsense: 1, listen: wrong, admin: { token: "${env:UNSET}" } }\n';
  const checked = check(`${own}${LIVE}`, server);
  t.equal(checked.kind, 'accepted');
  if (checked.kind !== 'accepted') return;
  t.equal(checked.value.server, server);
  t.match(checked.warnings, [
    { code: 'server/ignored', severity: 'warning', file: 'config.edge@7', line: 1, column: 1 },
  ]);
  t.equal(checked.warnings.length, 1);
});

test('listener names of a document from the bus are those of the file', async (t) => {
  const server = sectionOf(`server: { listen: [{ name: public, address: ":80" }], ${NATS} }\n`);
  const group = (listener: string) => LIVE.replace('upstream: up }', `upstream: up, listeners: [${listener}] }`);
  const own = 'server: { listen: [{ name: private, address: ":81" }] }\n';
  t.equal(check(own + group('public'), server).kind, 'accepted');
  t.match(check(own + group('private'), server), { kind: 'refused', issues: [{}, { code: 'names/unknown-listener' }] });
});

test('references of a document from the bus name only what server.secrets allows', async (t) => {
  const codes = (secrets: string, reference: string) => {
    const server = sectionOf(`server: { ${secrets}${NATS} }\n`);
    const checked = check(`${LIVE}gateway: { policies: ["\${${reference}}"] }\n`, server);
    return checked.kind === 'refused' ? checked.issues.map(({ code }) => code) : [];
  };
  const allows = (secrets: string, reference: string) => !codes(secrets, reference).includes('reference/not-allowed');
  t.notOk(allows('', 'env:SHOP_KEY'), 'nothing may be named unless told');
  t.notOk(allows('', 'env:SHOP_KEY:-default'), 'a default changes nothing');
  t.notOk(allows('', 'file:/etc/passwd'));
  const secrets = 'secrets: { env: ["SHOP_*", ONE_KEY], files: ["secrets/*.txt"] }, ';
  t.ok(allows(secrets, 'env:SHOP_KEY'));
  t.ok(allows(secrets, 'env:ONE_KEY'));
  t.notOk(allows(secrets, 'env:ONE_KEY_KEY'));
  t.notOk(allows(secrets, 'env:MY_SHOP_KEY'));
  t.ok(allows(secrets, 'file:secrets/one.txt'));
  t.notOk(allows(secrets, 'file:secrets/one-txt'), 'a dot is a dot');
  t.notOk(allows(secrets, 'file:secrets/below/one.txt'), '* is one segment');
  t.notOk(allows('secrets: { files: ["secrets/*/*/*"] }, ', 'file:secrets/../../x'), 'no way up');
  const server = sectionOf(`server: { ${NATS} }\n`);
  t.notMatch(JSON.stringify(check(`${LIVE}x: "\${env:SHOP_KEY}"`, server)), /"value"/, 'and is not read');
});

test('a file whose documents come from the bus may hold the server section alone', async (t) => {
  t.equal(check(`server: { ${NATS} }\n`).kind, 'accepted');
  t.match(check('server: { name: edge }\n'), { issues: [{ code: 'document/no-groups' }] });
  t.match(check('server: { name: edge }\n', sectionOf(`server: { ${NATS} }`)), {
    issues: [{ code: 'server/ignored' }, { code: 'document/no-groups' }],
  });
});
