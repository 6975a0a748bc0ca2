// A plugin of a third party brings its own copy of the kit as soon as npm installs one below it. Nothing may hang on one copy.
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileSource } from '@postern/source-file';
import { builtinPlugins, startGateway } from 'postern';
import { test } from 'tap';

const PACKAGES = fileURLToPath(new URL('../..', import.meta.url));
const COPIED = ['kit', 'model', 'schema', 'config', 'engine'];

/** Copies the kit and what it stands on into a folder, where a plugin beside finds it under its name. */
function copyKit(folder: string): void {
  const link = (name: string, target: string): void => {
    const at = join(folder, 'node_modules', name);
    mkdirSync(dirname(at), { recursive: true });
    symlinkSync(target, at);
  };
  for (const name of COPIED) {
    // Not below node_modules, where Node does not take types off.
    const to = join(folder, 'copy', name);
    cpSync(join(PACKAGES, name, 'src'), join(to, 'src'), { recursive: true });
    cpSync(join(PACKAGES, name, 'package.json'), join(to, 'package.json'));
    link(`@postern/${name}`, to);
    const manifest: { dependencies?: Record<string, string> } = JSON.parse(
      readFileSync(join(PACKAGES, name, 'package.json'), 'utf8'),
    );
    const require = createRequire(join(PACKAGES, name, 'package.json'));
    for (const library of Object.keys(manifest.dependencies ?? {})) {
      if (library.startsWith('@postern/')) continue;
      const found = require.resolve.paths(library)?.find((path) => path.endsWith(join('node_modules')));
      try {
        link(library, join(found ?? '', library));
      } catch {
        // Two of ours use one library.
      }
    }
  }
}

const PLUGIN = `import { KIT_VERSION, Schema, claimHas, definePlugin, problem, refuse, respond } from '@postern/kit';
globalThis.secondKit = { definePlugin, KIT_VERSION };
export default definePlugin({
  name: 'everything',
  summary: 'Uses all of the kit',
  config: Schema.Object({ by: Schema.String(), only: Schema.String(), limit: Schema.Integer({ minimum: 1 }) }),
  credential: Schema.Object({ key: Schema.String({ secret: true }) }),
  credentialId: ({ key }) => key,
  guards: () => true,
  answers: () => true,
  compile(config, context) {
    const by = context.text(config.by);
    const only = context.condition(config.only);
    if (by.kind === 'wrong') return by.findings.map((found) => ({ ...found, path: ['by'] }));
    if (only.kind === 'wrong') return [problem({ code: 'everything/only', path: ['only'], message: 'no', fix: 'mend it' })];
    const callers = new Map(context.consumers.map(({ consumer, credential }) => [credential.key, consumer]));
    const budget = context.budget('requests', { limit: config.limit, window: 1e13 });
    const kept = context.keep('seen', () => ({ times: 0 }));
    const count = context.counter('seen');
    const DENIED = refuse({ status: 401, code: 'everything/unknown', detail: 'Who are you?' });
    const SPENT = refuse({ status: 429, code: 'everything/spent', detail: 'Enough.' });
    const judge = ({ granted }) => granted ? undefined : SPENT;
    return {
      async request(exchange) {
        kept.times += 1;
        count();
        const caller = callers.get(exchange.request.headers.get('x-key') ?? '');
        if (caller === undefined) return DENIED;
        exchange.identify(caller);
        exchange.setClaims({ roles: ['reader'] });
        if (exchange.request.path === '/answer') return respond({ status: 202, body: 'from here' });
        if (!only.valueOf(exchange) || !claimHas(exchange.claims, 'roles', 'reader')) return DENIED;
        const said = await exchange.ask('friend', async () => 'hello');
        exchange.outgoing.set('x-by', by.valueOf(exchange) + ' ' + said);
        exchange.rewrite({ path: '/rewritten' });
        return judge(await exchange.take(budget, { key: by.valueOf(exchange) }));
      },
      response: (exchange) => exchange.response.headers.set('x-times', String(kept.times)),
    };
  },
});
`;

const DOCUMENT = `server:
  listen: [{ name: public, address: 127.0.0.1:0 }]
  admin: { address: 127.0.0.1:0 }
  plugins: [./everything.mjs]
upstreams: [{ name: up, builtin: echo }]
policies:
  - { name: everything, plugin: everything, config: { by: consumer.name, only: request.method == 'GET', limit: 1 } }
  - { name: own, plugin: headers, config: { response: { set: { x-own: "yes" } } } }
consumers:
  - { name: ann, labels: { tier: gold }, credentials: { everything: [{ key: "\${env:ANN}" }] }, policies: [own] }
apiGroups: [{ name: all, upstream: up, policies: [everything] }]
`;

test('a plugin with a kit of its own does all that one with the kit of the gateway does', async (t) => {
  const folder = t.testdir({ 'gateway.yaml': DOCUMENT, 'everything.mjs': PLUGIN });
  copyKit(folder);
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined, write: () => undefined };
  const gateway = await startGateway({
    source: fileSource(join(folder, 'gateway.yaml')),
    plugins: builtinPlugins,
    log: quiet,
    environment: { ANN: 'sesame' },
  });
  t.teardown(() => gateway.close());
  const { definePlugin, KIT_VERSION } = await import('@postern/kit');
  const second: { definePlugin?: unknown; KIT_VERSION?: unknown } = Reflect.get(globalThis, 'secondKit');
  t.ok(typeof second.definePlugin === 'function' && second.definePlugin !== definePlugin, 'it is another copy');
  t.equal(second.KIT_VERSION, KIT_VERSION);

  const ask = async (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> =>
    fetch(`http://127.0.0.1:${gateway.listeners[0]?.port}${path}`, { method, headers });
  const stranger = await ask('/');
  t.equal(stranger.status, 401);
  t.match(await stranger.json(), { code: 'everything/unknown', policy: 'everything' });
  t.equal((await ask('/answer', { 'x-key': 'sesame' })).status, 202);
  t.equal((await ask('/', { 'x-key': 'sesame' }, 'POST')).status, 401, 'its condition is read');
  const good = await ask('/', { 'x-key': 'sesame' });
  t.equal(good.status, 200);
  t.equal(good.headers.get('x-times'), '4');
  t.equal(good.headers.get('x-own'), 'yes', 'the policies of the consumer run');
  t.match(await good.json(), {
    path: '/rewritten',
    headers: { 'x-by': 'ann hello', 'x-consumer-name': 'ann', 'x-consumer-label-tier': 'gold' },
  });
  t.equal((await ask('/', { 'x-key': 'sesame' })).status, 429, 'its budget counts');
  t.match(await gateway.cell.metrics(), /event="seen"} 5\n/);
});
