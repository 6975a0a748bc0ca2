// Loaded before the program: the resolver of a test, and what the process says of itself when its parent asks.
//
// Whatever connects to `canary.test`, or to port 9999 anywhere, reaches the port in CANARY_PORT. A turn of the event loop is
// measured in processor time of its thread, so that other work on the machine does not count.
import { Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const canary = Number(process.env['CANARY_PORT']);
// oxlint-disable-next-line typescript/unbound-method -- called with its `this` below
const connect = Socket.prototype.connect;
// The arguments come as they are, or as one list that Node has put in order itself.
Socket.prototype.connect = function corpusConnect(this: Socket, ...given: unknown[]): Socket {
  const options: unknown = Array.isArray(given[0]) ? given[0][0] : given[0];
  if (typeof options === 'object' && options !== null && 'port' in options) {
    const host = 'host' in options ? options.host : undefined;
    if (host === 'canary.test' || Number(options.port) === 9999)
      Object.assign(options, { host: '127.0.0.1', port: canary });
  }
  return Reflect.apply(connect, this, given);
};

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');
const TICK = 5;
const turns: number[] = [];
let before = process.threadCpuUsage();
setInterval(() => {
  const now = process.threadCpuUsage();
  turns.push((now.user + now.system - before.user - before.system) / 1000);
  before = now;
}, TICK).unref();

process.on('message', (message: { readonly since?: number; readonly collect?: boolean }) => {
  if (message.collect === true && typeof collect === 'function') {
    collect();
    // Buffers that the first found unused are given back by the second.
    collect();
  }
  const seen = turns.slice(message.since ?? 0).sort((one, other) => one - other);
  const { rss, heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  process.send?.({
    turns: turns.length,
    longestTurn: seen.at(-1) ?? 0,
    p99: seen[Math.floor(seen.length * 0.99)] ?? 0,
    rss,
    kept: heapUsed + external,
    cpu: (user + system) / 1000,
    handles: process.getActiveResourcesInfo().filter((name) => name !== 'Timeout' && name !== 'Immediate').length,
    prototype: Object.getOwnPropertyNames(Object.prototype).length,
  });
  // A collection is a long turn of its own.
  before = process.threadCpuUsage();
});
process.channel?.unref();
// A parent that was killed ends nothing any more.
process.once('disconnect', () => process.exit(1));
