// Memory of an answer that streams to a client which does not read on: what the gateway holds, without the kernel's buffers.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { CASES } from '../core/cases.ts';
import { figure, measuredLine } from '../core/own.ts';
import { Children } from '../run/children.ts';
import { enter } from '../run/entrant.ts';
import { ALL_PEERS } from '../run/peers.ts';
import { startUpstream } from '../run/upstream.ts';
import { usageOf } from '../run/usage.ts';

const STREAMS = process.argv.includes('quick') ? 100 : 400;
const children = new Children();
const upstream = await startUpstream(children);
const testCase = CASES.find(({ name }) => name === 'body-1m');
const [postern] = ALL_PEERS;
if (testCase === undefined || postern === undefined) throw new Error('no case, no peer');
const entrant = await enter({ children, upstream }, postern, testCase);
// Not after a load: what the heap gives back then would be taken for streams. The first ones load code and make pools.
const first = await Promise.all(Array.from({ length: 50 }, open));
await delay(2000);
const before = usageOf(entrant.child.pid).rss;
const sockets = await Promise.all(Array.from({ length: STREAMS }, open));
await delay(2000);
const during = usageOf(entrant.child.pid).rss;
for (const socket of [...first, ...sockets]) socket.destroy();
const figures = { 'memory of a stream': figure('KiB', (during - before) / 1024 / STREAMS) };
console.log(measuredLine({ figures, note: `${STREAMS} answers of 64 MiB whose clients read the head only` }));
process.exit(0);

async function open() {
  const socket = connect(entrant.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('GET /shop/bytes-64m HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await once(socket, 'data');
  socket.pause();
  return socket;
}
