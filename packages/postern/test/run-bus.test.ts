import { join } from 'node:path';
import { test } from 'tap';
import { natsServerFor, needsNats } from '../../../test/kit/nats-server.ts';
import { until } from '../../../test/kit/until.ts';
import { folderFor, liveOf } from '../../../test/reload/bus-gateway.ts';
import { writeFile } from 'node:fs/promises';
import { run, start, startLine } from './spawn.ts';

test('two nodes from nothing: the file gives the server section, postern push the rest', needsNats(), async (t) => {
  const nats = await natsServerFor(t);
  const file = `server:
  name: edge
  listen: [{ name: public, address: 127.0.0.1:0 }]
  admin: { address: 127.0.0.1:0 }
  source: { nats: { servers: ["${nats.url}"] } }
`;
  const nodes = [folderFor(t), folderFor(t)];
  const started = await Promise.all(
    nodes.map(async (cwd) => {
      await writeFile(join(cwd, 'gateway.yaml'), file);
      const node = start(['run'], { cwd });
      t.teardown(() => node.child.kill('SIGKILL'));
      return { node, line: await startLine(node) };
    }),
  );
  for (const { line, node } of started) {
    t.match(line.msg, /serves no document yet \(.*config\.edge has no document yet.*\): requests are answered 503/);
    t.match(
      node.out(),
      /documents need no signature: whoever can write config\.edge in bucket postern rules this gateway/,
    );
  }
  const cwd = folderFor(t);
  await writeFile(join(cwd, 'gateway.yaml'), liveOf('pushed'));
  // A push waits for those who have said that they are there.
  const status = ['status', '--json', '--nats', nats.url, '--key', 'edge'];
  await until(async () => {
    const { code, out } = await run(status, { cwd });
    return code === 0 && JSON.parse(out).nodes.length === 2;
  }, 'the nodes are never heard');
  const pushed = await run(['push', 'gateway.yaml', '--nats', nats.url, '--key', 'edge'], { cwd });
  t.equal(pushed.code, 0, pushed.out + pushed.err);
  for (const { line } of started) {
    const answer = await fetch(`http://127.0.0.1:${line.listeners[0]?.port}/`);
    t.equal(answer.headers.get('x-version'), 'pushed');
  }
  const again = start(['run'], { cwd: nodes[0] ?? '' });
  t.teardown(() => again.child.kill('SIGKILL'));
  t.match((await startLine(again)).msg, /serves config\.edge@1 revision 1 on http/);
  for (const { node } of [...started, { node: again }]) {
    node.child.kill('SIGTERM');
    t.equal(await node.ended, 0);
    t.equal(node.err(), '');
  }
});
