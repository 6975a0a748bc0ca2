// A bus of three servers that lose members, the leader of the bucket among them, and then the majority.
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { natsClusterFor } from '../kit/nats-cluster.ts';
import { natsBinaries } from '../kit/nats-server.ts';
import { steadyLoad } from '../kit/steady-load.ts';
import { busGateway, liveOf } from '../reload/bus-gateway.ts';

// Elections take seconds of both: the newer one alone but in a soak.
for (const binary of natsBinaries().slice(process.env['SOAK'] === undefined ? -1 : 0)) {
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
    for (const [at, server] of order.entries()) {
      await server.kill();
      const killed = performance.now();
      await cluster.put('postern', 'config.edge', liveOf(`kill-${at}`));
      const acknowledged = performance.now();
      await Promise.all(nodes.map((node) => node.serves(`kill-${at}`)));
      const took = performance.now() - acknowledged;
      t.ok(
        took < 5000,
        `all nodes ${took.toFixed(0)} ms after the put, itself ${(acknowledged - killed).toFixed(0)} ms after the kill`,
      );
      await server.start();
      await cluster.leaderOf('KV_postern');
      await Promise.all(nodes.map((node) => node.shows(({ warnings }) => warnings.length === 0)));
    }

    const [first, second] = order;
    await Promise.all([first?.kill(), second?.kill()]);
    for (const node of nodes) {
      const far = /newer documents of config\.edge would not come here/;
      await node.shows(({ warnings }) => warnings.some(({ message }) => far.test(message)));
      t.equal(await node.version(), 'kill-2', 'what serves goes on');
    }
    await Promise.all([first?.start(), second?.start()]);
    const healed = performance.now();
    await cluster.put('postern', 'config.edge', liveOf('healed'));
    const acknowledged = performance.now();
    await Promise.all(nodes.map((node) => node.serves('healed')));
    const took = performance.now() - acknowledged;
    t.ok(
      took < 5000,
      `healed: ${took.toFixed(0)} ms after the put, itself ${(acknowledged - healed).toFixed(0)} ms after the start`,
    );
    await Promise.all(nodes.map((node) => node.shows(({ warnings }) => warnings.length === 0)));
    await delay(100);
    const counts = await Promise.all(loads.map((load) => load.stop()));
    t.same(
      counts.flatMap(({ lost }) => lost),
      [],
      `lost of ${counts.reduce((sum, { sent }) => sum + sent, 0)}`,
    );
  });
}
