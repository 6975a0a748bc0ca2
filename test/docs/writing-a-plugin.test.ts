// Every plugin that docs/writing-a-plugin.md shows is run as it stands there; tutorial.test.ts follows the tutorial.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { Plugin } from '@postern/kit';
import { tryPlugin } from '@postern/kit/testkit';
import { test } from 'tap';
import type { Test } from 'tap';
import { listen } from '../kit/listen.ts';
import { blocks } from './blocks.ts';

const PAGE = 'docs/writing-a-plugin.md';
const text = readFileSync(PAGE, 'utf8');
const examples = new Map(
  blocks()
    .filter(({ page, mark }) => page === PAGE && mark.startsWith('example '))
    .map((block) => [block.mark.slice('example '.length), block.text]),
);
const shown = new Set<string>();

/** The plugin of an example. */
async function load(t: Test, name: string): Promise<Plugin> {
  shown.add(name);
  const folder = t.testdir({ [`${name}.ts`]: examples.get(name) ?? '' });
  const { default: plugin }: { default: Plugin } = await import(join(folder, `${name}.ts`));
  t.equal(plugin.name, name);
  return plugin;
}

test('json-only lets JSON pass, and writes who sent something else', async (t) => {
  const tried = tryPlugin(await load(t, 'json-only'), { config: { limit: 10 } });
  t.equal((await tried.send({ method: 'POST', body: '{"a":1}' })).status, 200);
  t.match(await tried.send({ method: 'POST', body: '{"a":' }), { status: 400, steps: [{ code: 'json-only/syntax' }] });
  t.equal((await tried.send({ method: 'POST', body: '"too long"+' })).status, 413);
  t.equal((await tried.send()).status, 200, 'no body is no wrong one');
  t.same(tried.written, [{ msg: 'not JSON', from: '192.0.2.1' }]);
});

test('shared-token knows consumers by their token, which goes nowhere', async (t) => {
  const plugin = await load(t, 'shared-token');
  const sha256 = createHash('sha256').update('sesame').digest('hex');
  const ann = { name: 'ann', credentials: [{ sha256 }] };
  const config = { header: 'x-token' };
  const tried = tryPlugin(plugin, { config, consumers: [ann] });
  const known = await tried.send({ headers: { 'x-token': 'sesame' } });
  t.match(known, { status: 200, consumer: { name: 'ann' } });
  t.notMatch(known.upstream?.headers, { 'x-token': /./ });
  t.notMatch(JSON.stringify(known.decision), 'sesame');
  t.match(await tried.send(), { status: 401, steps: [{ code: 'shared-token/unknown' }] });
  const two = tryPlugin(plugin, { config, consumers: [ann, { ...ann, name: 'eve' }] });
  t.match(two.issues, [{ severity: 'error', message: /eve/ }]);
  t.equal(plugin.guards(config), true);
});

test('tenant tells the claim, and refuses what is no tenant', async (t) => {
  const plugin = await load(t, 'tenant');
  const sendAs = async (claims: Readonly<Record<string, unknown>>) =>
    tryPlugin(plugin, { config: { claim: 'org' }, caller: { claims } }).send();
  t.equal((await sendAs({ org: 'acme' })).upstream?.headers['x-tenant'], 'acme');
  for (const org of ['a\r\nb', '', {}, undefined]) t.equal((await sendAs({ org })).status, 403);
});

test('feature-flag asks, for good and by the word of a test', async (t) => {
  const plugin = await load(t, 'feature-flag');
  let word = 'on';
  const server = createServer((_request, response) => void response.end(word));
  const url = `http://127.0.0.1:${await listen(t, server)}/`;
  const tried = tryPlugin(plugin, { config: { url } });
  t.equal((await tried.send()).status, 200);
  word = 'off';
  t.equal((await tried.send()).status, 503);
  t.equal((await tried.send({ outside: { flag: true } })).status, 200);
  t.equal((await tried.send({ outside: { flag: null } })).status, 503);
  t.equal(tried.counts.get('lost'), 1);
  const lenient = tryPlugin(plugin, { config: { url: 'http://127.0.0.1:1/', failOpen: true } });
  t.equal((await lenient.send()).status, 200, 'nobody answers there');
});

test('once counts by consumer or address, and refuses what came before', async (t) => {
  const tried = tryPlugin(await load(t, 'once'), { config: { perMinute: 2 } });
  const headers = { 'idempotency-key': 'a' };
  t.equal((await tried.send({ headers })).status, 200);
  t.match(await tried.send({ headers }), { status: 409, steps: [{ code: 'once/again' }] });
  t.match(await tried.send({ headers }), { status: 429, headers: { 'retry-after': '60' } });
  t.equal((await tried.send({ from: '192.0.2.2' })).status, 200);
});

test('stamp reads a condition and a template, and says where one is wrong', async (t) => {
  const plugin = await load(t, 'stamp');
  const config = { where: 'request.method == "GET"', text: 'by {{ request.path }}' };
  const tried = tryPlugin(plugin, { config });
  t.equal((await tried.send({ path: '/a' })).upstream?.headers['x-stamp'], 'by /a');
  t.notMatch((await tried.send({ method: 'POST' })).upstream?.headers, { 'x-stamp': /./ });
  const pointerOf = (wrong: object) =>
    tryPlugin(plugin, { config: { ...config, ...wrong } }).issues.map(({ pointer }) => pointer);
  t.same(pointerOf({ where: 'request.' }), ['/policies/0/config/where']);
  t.same(pointerOf({ text: '{{ nobody.name }}' }), ['/policies/0/config/text']);
});

test('each example of the page was run, and there is no other TypeScript in the contract', async (t) => {
  t.same([...shown].toSorted(), [...examples.keys()].toSorted());
  const contract = blocks().filter(({ page, language }) => page === PAGE && /^[jt]s$/.test(language));
  t.equal(contract.filter(({ mark }) => !/^(example|append) /.test(mark)).length, 0);
});

/** The members that an interface of the sources declares. */
function membersOf(file: string, name: string): readonly string[] {
  const [, body = ''] =
    new RegExp(`^export interface ${name}\\b[^{]*\\{\\n([^]*?)^\\}`, 'm').exec(readFileSync(file, 'utf8')) ?? [];
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)[?(<:]/gm)].map(([, member = '']) => member);
}

test('the tables of the page have every member that there is', async (t) => {
  const model = 'packages/model/src';
  const trial = 'packages/kit/src/testkit/trial.ts';
  for (const [file, name, least] of [
    ['packages/kit/src/plugin.ts', 'PluginDefinition', 12],
    [`${model}/plugin.ts`, 'Handlers', 8],
    [`${model}/exchange.ts`, 'Exchange', 15],
    [`${model}/exchange.ts`, 'DoneExchange', 7],
    [`${model}/exchange.ts`, 'ExchangeRequest', 8],
    [trial, 'Setting', 7],
    [trial, 'TriedRequest', 9],
    [trial, 'Answer', 7],
  ] as const) {
    const members = membersOf(file, name).filter((member) => !member.endsWith('Labels'));
    t.ok(members.length >= least, `${name} has ${members.length} members`);
    for (const member of members) t.ok(new RegExp(`^\\|.*\\b${member}\\b.*\\|`, 'm').test(text), `${name}.${member}`);
  }
});
