// A bus of three servers that lose members, the leader of the bucket among them, and then the majority.
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { fairly } from '../kit/fair.ts';
import { natsClusterFor } from '../kit/nats-cluster.ts';
import { natsBinaries } from '../kit/nats-server.ts';
import { sized } from '../kit/sized.ts';
import { steadyLoad } from '../kit/steady-load.ts';
import { busGateway, liveOf } from '../reload/bus-gateway.ts';

// Elections take seconds of both: the newer one alone but in a soak.
for (const binary of natsBinaries().slice(sized(-1, 0))) {
  test(`a cluster loses each of its servers in turn, then two of three: no request is lost, all converge (${binary})`, async (t) => {
    const cluster = await natsClusterFor(t, binary);
    for (const [name, more] of [
      ['postern', { max_msgs_per_subject: 64 }],
      ['postern-nodes', { max_msgs_per_subject: 1, max_age: 20e9, duplicate_window: 20e9 }],
    ] as const) {
      const config = {
        name: `KV_${name}`,
        subjects: [`$KV.${name}.>`],
        num_replicas: 3,
        allow_rollup_hdrs: true,
        ...more,
      };
      await cluster.api(`STREAM.CREATE.KV_${name}`, config);
    }
    await cluster.put('postern', 'config.edge', liveOf('start'));
    // Each knows one server only at first, another one each, and learns of the others from it.
    const nodes = await Promise.all(cluster.urls.map((url, at) => busGateway(t, { servers: [url], node: `g${at}` })));
    await Promise.all(nodes.map((node) => node.serves('start')));
    const loads = nodes.map((node) => steadyLoad(node.url, 350));

    const leader = await cluster.leaderOf('KV_postern');
    // The leader of the bucket first. Every server is one that a node is connected to.
    const order = [leader, ...cluster.servers.filter((server) => server !== leader)];
    let puts = 0;
    const calm = () => Promise.all(nodes.map((node) => node.shows(({ warnings }) => warnings.length === 0)));
    /** Milliseconds from the acknowledgement of a put until all nodes serve it. */
    const converge = async (): Promise<number> => {
      puts += 1;
      const lost = performance.now();
      await cluster.put('postern', 'config.edge', liveOf(`put-${puts}`));
      const acknowledged = performance.now();
      await Promise.all(nodes.map((node) => node.serves(`put-${puts}`)));
      t.comment(`put-${puts} was acknowledged after ${(acknowledged - lost).toFixed(0)} ms`);
      return performance.now() - acknowledged;
    };
    for (const server of order) {
      const { held, took } = await fairly(5000, async () => {
        await server.kill();
        const milliseconds = await converge();
        await server.start();
        await cluster.leaderOf('KV_postern');
        await calm();
        return milliseconds;
      });
      t.ok(held, `all nodes within 5 s of the put that followed the kill: ${took}`);
    }

    const [first, second] = order;
    const { held, took } = await fairly(5000, async () => {
      await Promise.all([first?.kill(), second?.kill()]);
      for (const node of nodes) {
        const far = /newer documents of config\.edge would not come here/;
        await node.shows(({ warnings }) => warnings.some(({ message }) => far.test(message)));
        t.equal(await node.version(), `put-${puts}`, 'what serves goes on');
      }
      await Promise.all([first?.start(), second?.start()]);
      const milliseconds = await converge();
      await calm();
      return milliseconds;
    });
    t.ok(held, `all nodes within 5 s of the put that followed the start of the two: ${took}`);
    await delay(100);
    const counts = await Promise.all(loads.map((load) => load.stop()));
    t.same(
      counts.flatMap(({ lost }) => lost),
      [],
      `lost of ${counts.reduce((sum, { sent }) => sum + sent, 0)}`,
    );
  });
}
