import { setTimeout as delay } from 'node:timers/promises';
import { digestOf } from '@postern/control';
import { test } from 'tap';
import { needsNats } from '../../../test/kit/nats-server.ts';
import { EDGE, startFleet } from './fleet.ts';

const ISSUE = {
  severity: 'error',
  code: 'upstream/tls-unreadable',
  message: 'there is no\u001b[31m file',
  file: 'config.edge@2',
  line: 7,
  column: 3,
  pointer: '/upstreams/0',
  fix: 'put it there',
};

test(
  'push publishes the file as it is, with author and message, and says that no node listens',
  needsNats(),
  async (t) => {
    const fleet = await startFleet(t);
    const pushed = await fleet.postern(['push', 'gateway.yaml', '--message', 'the\nfirst ü']);
    t.strictSame(pushed, {
      code: 0,
      out: 'config.edge@1 is published, the first document\nno node listens: the first one that does will read this revision\n',
      err: '',
    });
    const entry = await fleet.bucket.get('config.edge');
    t.equal(Buffer.from(entry?.bytes ?? []).toString(), EDGE);
    t.match(entry?.headers, { 'Postern-Author': 'ada', 'Postern-Message': 'the first ü' });
  },
);

test('push waits until every node that is there has answered, a line for each', needsNats(), async (t) => {
  const fleet = await startFleet(t);
  await fleet.say('a');
  await fleet.say('b');
  fleet.answer('a');
  const started = fleet.start(['push', 'gateway.yaml', '--wait', '2m']);
  while (!started.out().includes('a: accepted revision 1\n')) await delay(10);
  t.notMatch(started.out(), /b:|of 2 nodes/);
  await fleet.say('b', { revision: 1 });
  t.equal(await started.ended, 0);
  t.match(started.out(), /\nb: accepted revision 1\n2 of 2 nodes accepted revision 1\n$/);
  t.match(started.err(), /^waiting for b$/m);
});

test('push exits 1 when a node refuses, and shows its issues', needsNats(), async (t) => {
  const fleet = await startFleet(t);
  await fleet.postern(['push', 'gateway.yaml']);
  await fleet.say('a');
  await fleet.say('b');
  fleet.answer('a');
  fleet.answer('b', { state: 'refused', issues: [ISSUE] });
  const { code, out } = await fleet.postern(['push', 'gateway.yaml']);
  t.equal(code, 1);
  t.match(
    out,
    'b: refused revision 2\n  config.edge@2:7:3: error: there is no [31m file [upstream/tls-unreadable]\n    fix: put it there\n',
  );
  t.match(out, /\n1 of 2 nodes accepted revision 2, 1 refused it; who refused goes on with what it served before\n$/);
});

test('push exits 1 when the wait ends, and names who said nothing', needsNats(), async (t) => {
  const fleet = await startFleet(t);
  await fleet.say('a');
  await fleet.say('slow', { revision: 99 });
  fleet.answer('a');
  const { code, out } = await fleet.postern(['push', 'gateway.yaml', '--wait', '4s']);
  t.equal(code, 1);
  t.match(out, /\n1 of 2 nodes accepted revision 1; slow said nothing within 4 s\n {2}fix: .*postern status/);
});

test(
  'push reckons with a node that comes during the wait, and not with one that takes itself out',
  needsNats(),
  async (t) => {
    const fleet = await startFleet(t);
    await fleet.say('old');
    const started = fleet.start(['push', 'gateway.yaml', '--wait', '2m']);
    while (!started.err().includes('waiting for old')) await delay(10);
    await fleet.say('new');
    while (!started.err().includes('waiting for new, old')) await delay(10);
    const nodes = await fleet.bus.bucket('postern-nodes');
    await nodes.purge('node.edge.old');
    await fleet.say('new', { revision: 1 });
    t.equal(await started.ended, 0);
    t.match(started.out(), /\n1 of 1 node accepted revision 1\n$/);
  },
);

test(
  'push takes a node that serves this very document, or went on to a later one, for an answer',
  needsNats(),
  async (t) => {
    const fleet = await startFleet(t);
    await fleet.say('same');
    await fleet.say('later');
    fleet.answer('same', { revision: 0, digest: digestOf({ text: EDGE }) });
    fleet.answer('later', { revision: 5 });
    const { code, out } = await fleet.postern(['push', 'gateway.yaml']);
    t.equal(code, 0);
    t.match(out, 'later: accepted revision 5, published after 1\n');
    t.match(out, '2 of 2 nodes accepted revision 1\n');
  },
);
