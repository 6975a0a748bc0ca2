// The plugin that docs/workers.md shows is run as it stands there.
import { join } from 'node:path';
import type { Plugin } from '@postern/kit';
import { test } from 'tap';
import { SERVER, gatewayFor } from '../kit/gateway.ts';
import { blocks } from './blocks.ts';

test('the plugin of docs/workers.md counts, over a reload as well, and is tested in YAML', async (t) => {
  const [text = ''] = blocks().flatMap((block) =>
    block.page === 'docs/workers.md' && block.language === 'js' ? [block.text] : [],
  );
  const folder = t.testdir({ 'daily-quota.mjs': text });
  const { default: plugin }: { default: Plugin } = await import(join(folder, 'daily-quota.mjs'));
  const document = (limit: number): string => `${SERVER}upstreams: [{ name: up, builtin: echo }]
policies:
  - name: quota
    plugin: daily-quota
    config: { limit: ${limit} }
    tests:
      - { request: { path: /a }, expect: { status: 200 } }
      - { request: { path: /a }, expect: { status: 200 } }
      - request: { path: /a }
        outside: { quota: { take requests: { granted: false, remaining: 0, resetAt: 0 } } }
        expect: { status: 429 }
apiGroups: [{ name: all, upstream: up, policies: [quota] }]
`;
  const gateway = await gatewayFor(t, document(1), [plugin]);
  const ask = async (): Promise<number> => (await fetch(`http://127.0.0.1:${gateway.port()}/`)).status;
  t.equal(await ask(), 200, 'its tests have taken nothing');
  t.equal(await ask(), 429);
  t.same(await gateway.apply(document(2)), []);
  t.equal(await ask(), 200, 'what was taken stays taken, and there is one more now');
  t.equal(await ask(), 429);
});
