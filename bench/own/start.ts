// From exec to the first answered request, with the example document of the repository, and the memory it has then.
import { connect } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { figure, measuredLine } from '../core/own.ts';
import { Children } from '../run/children.ts';
import { freePort } from '../run/free-port.ts';
import { usageOf } from '../run/usage.ts';

const times = process.argv.includes('quick') ? 1 : 11;
const ROOT = join(import.meta.dirname, '../..');
const children = new Children();
const MIB = 1024 * 1024;

const cold: number[] = [];
const warm: number[] = [];
const rss: number[] = [];
const cpu: number[] = [];
for (let at = 0; at < times; at += 1) {
  // Node keeps what it compiled in the folder for temporary files; a new folder is a machine that never ran Postern.
  const cache = children.folder('compile-cache');
  cold.push((await startOnce(cache)).milliseconds);
  const again = await startOnce(cache);
  warm.push(again.milliseconds);
  cpu.push(again.cpu);
  rss.push(again.rss / MIB);
}
const figures = {
  'first answer': figure('ms', ...warm),
  'first answer, nothing compiled': figure('ms', ...cold),
  'processor time until then': figure('ms', ...cpu),
  rss: figure('MiB', ...rss),
};
console.log(measuredLine({ figures }));
process.exit(0);

async function startOnce(cache: string): Promise<Readonly<Record<'milliseconds' | 'cpu' | 'rss', number>>> {
  const [port, admin] = [await freePort(), await freePort()];
  const text = readFileSync(join(ROOT, 'gateway.yaml'), 'utf8')
    .replace('127.0.0.1:8080', `127.0.0.1:${port}`)
    .replace('127.0.0.1:9901', `127.0.0.1:${admin}`);
  const begun = performance.now();
  const child = children.start('start', {
    command: process.execPath,
    words: [join(ROOT, 'packages/postern/bin/postern.mjs'), 'run'],
    files: { 'gateway.yaml': text },
    env: { TMPDIR: cache, NODE_ENV: 'production' },
  });
  while (!(await answers(port))) {
    if (child.ended() !== undefined) throw new Error(`it ${child.ended()}: ${child.output()}`);
    await delay(4);
  }
  const milliseconds = performance.now() - begun;
  const cpu = usageOf(child.pid).microseconds / 1000;
  await delay(500);
  const { rss } = usageOf(child.pid);
  await child.end();
  return { milliseconds, cpu, rss };
}

/** Whether a request is answered with 200. A bare socket: it takes next to nothing from the program that starts. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write('GET /echo/hello HTTP/1.1\r\nhost: localhost\r\n\r\n'),
    );
    socket.once('data', (bytes) => {
      resolve(bytes.toString('latin1').startsWith('HTTP/1.1 200'));
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}
