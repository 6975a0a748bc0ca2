import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'tap';
import { until } from '../kit/until.ts';
import { documentOf, runGateway } from './gateway.ts';

test('a request in flight ends on the snapshot it began with, response steps included', async (t) => {
  const held: ServerResponse[] = [];
  const upstream = createServer((_request, response) => void held.push(response)).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  t.teardown(() => upstream.close());
  const { port } = upstream.address() as AddressInfo;
  const slow = (version: string) =>
    documentOf(version).replace('builtin: echo', `targets: ["http://127.0.0.1:${port}"]`);

  const running = await runGateway(t, slow('one'));
  const first = fetch(`${running.url}/`);
  await until(async () => held.length === 1, 'the upstream was not asked');
  await running.write(slow('two'));
  await until(async () => running.gateway.cell.status().revision === 2, 'no reload');
  t.equal(running.gateway.cell.status().liveSnapshots, 2);
  const second = fetch(`${running.url}/`);
  await until(async () => held.length === 2, 'the upstream was not asked again');
  for (const response of held) response.end('done');

  const answers = await Promise.all([first, second]);
  t.strictSame(
    answers.map(({ headers }) => headers.get('x-version')),
    ['one', 'two'],
  );
  t.strictSame(await Promise.all(answers.map((answer) => answer.text())), ['done', 'done']);
  await until(async () => running.gateway.cell.status().liveSnapshots === 1, 'the first snapshot stays');
});
