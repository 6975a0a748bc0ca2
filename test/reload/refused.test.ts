import { test } from 'tap';
import { documentOf, runGateway } from './gateway.ts';

const cors = (name: string, config: string) => `  - { name: ${name}, plugin: cors, config: ${config} }\n`;

/** The document `two` with one thing wrong with it. */
const withPolicy = (policy: string) => documentOf('two').replace('apiGroups:', `${policy}apiGroups:`);
const attached = (text: string, names: string) => text.replace('policies: [version]', `policies: [version, ${names}]`);

const BAD: Readonly<Record<string, string>> = {
  'an unknown key': documentOf('two', 'polices: []\n'),
  'a wrong type': documentOf('two').replace('name: all', 'name: all, stripBasePath: "perhaps"'),
  'an unknown plugin': documentOf('two').replace('plugin: headers', 'plugin: header'),
  'an unknown policy': documentOf('two').replace('policies: [version]', 'policies: [versoin]'),
  'an unknown upstream': documentOf('two').replace('upstream: up', 'upstream: down'),
  'a name that is there twice': documentOf('two').replace(
    'apiGroups:\n',
    'apiGroups:\n  - { name: all, basePath: /x, upstream: up }\n',
  ),
  'two cors policies at one level': attached(
    withPolicy(
      cors('one', '{ allowOrigins: [https://a.example] }') + cors('two', '{ allowOrigins: [https://b.example] }'),
    ),
    'one, two',
  ),
  'an origin without a scheme': attached(withPolicy(cors('c', '{ allowOrigins: [a.example] }')), 'c'),
  'all origins with credentials': attached(
    withPolicy(cors('c', '{ allowOrigins: ["*"], allowCredentials: true }')),
    'c',
  ),
  'a regex with look-ahead': attached(withPolicy(cors('c', '{ allowOrigins: ["~https://(?=a)a\\\\.example"] }')), 'c'),
  'a malformed line': documentOf('two', 'gateway: { policies: [version\n'),
  'an empty file': '',
  'a text of white space': '  \n',
  'a missing variable': documentOf('two').replace('"two"', '"${env:NOT_SET_ANYWHERE}"'),
  'an unsafe header': documentOf('two').replace('x-version', 'access-control-allow-origin'),
  'no groups': documentOf('two').replace(/apiGroups:[^]*/, ''),
};

test('refuses each of these, keeps the last good document serving and shows why', async (t) => {
  const running = await runGateway(t, documentOf('one'));
  let revision = 1;
  for (const [name, text] of Object.entries(BAD)) {
    await running.write(text);
    revision += 1;
    const { issues } = await running.refusal(revision);
    const errors = issues.filter((issue) => 'severity' in issue && issue.severity === 'error');
    t.ok(errors.length > 0, `${name} has an error`);
    for (const issue of errors) {
      t.match(issue, { code: /^[a-z-]+\/[a-z0-9-]+$/, file: running.file, fix: /\w/ }, name);
      t.ok(issue.line > 0, name);
    }
    t.equal(await running.version(), 'one', `${name}: the last good document serves`);
    const printed = running.lines.filter((line) => line.startsWith(`${running.file}:${errors[0]?.line}:`));
    t.match(printed[0], /: error: [^]* \[[a-z-]+\/[a-z0-9-]+\]\n {2}fix: /, `${name} is printed`);
  }
  t.match(await running.status(), { revision: 1, reloads: { accepted: 1, refused: revision - 1 } });
  await running.write(documentOf('mended'));
  await running.serves('mended');
  t.match(await running.status(), { revision: revision + 1, lastRefusal: null });
});

test('shows every issue of a refused document at once', async (t) => {
  const running = await runGateway(t, documentOf('one'));
  await running.write(
    documentOf('two', 'polices: []\n')
      .replace('upstream: up', 'upstream: down')
      .replace('plugin: headers', 'plugin: header'),
  );
  const { issues } = await running.refusal(2);
  t.equal(new Set(issues.map(({ line }) => line)).size, 3);
});

test('shows no value of the environment in what it says', async (t) => {
  const secret = 'hunter2-hunter2';
  const text = documentOf('${env:SECRET}');
  const running = await runGateway(t, text, { environment: { SECRET: secret } });
  t.equal(await running.version(), secret);
  await running.write(
    text.replace('set: {', 'set: { te: "${env:SECRET}",').replace('upstream: up', 'upstream: "${env:SECRET}"'),
  );
  await running.refusal(2);
  t.notMatch(JSON.stringify([await running.status(), running.lines]), new RegExp(secret));
});
