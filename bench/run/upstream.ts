import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ANSWER } from '../core/site.ts';
import { nginxUpstream } from '../sites/nginx.ts';
import { ask } from './ask.ts';
import type { Child, Children } from './children.ts';
import { freePort } from './free-port.ts';
import { SYSTEM_PATH, said } from './system.ts';

/** What stands behind every peer. */
export interface Upstream {
  readonly port: number;
  readonly name: string;
}

/** Starts the upstream: nginx, or one Node process where that is missing. */
export async function startUpstream(children: Children): Promise<Upstream> {
  const port = await freePort();
  const nginx = said('nginx', '-v') !== undefined;
  const child = nginx ? startNginx(children, port) : startNode(children, port);
  for (let tries = 0; tries < 200; tries += 1) {
    if (child.ended() !== undefined) break;
    const question = { protocol: 'http', port, method: 'GET', path: '/', headers: {}, body: 0 } as const;
    const right = await ask(question).then(
      ({ body }) => body.toString() === ANSWER,
      () => false,
    );
    if (right) return { port, name: nginx ? 'nginx, 1 worker' : 'one Node process, for want of nginx' };
    await delay(25);
  }
  throw new Error(`the upstream does not answer: ${child.ended() ?? ''} ${child.output()}`);
}

function startNginx(children: Children, port: number): Child {
  const child = children.start('upstream', {
    command: 'nginx',
    words: ['-p', '.', '-c', 'nginx.conf', '-e', 'error.log'],
    env: { PATH: SYSTEM_PATH },
    files: {
      'nginx.conf': nginxUpstream(port),
      'shop/bytes-64k': 'x'.repeat(65_536),
      'shop/bytes-1m': 'x'.repeat(1_048_576),
    },
  });
  // A file without contents on the disk: longer than all buffers on the way of a stream.
  const long = join(child.folder, 'shop/bytes-64m');
  writeFileSync(long, '');
  truncateSync(long, 64 * 1024 * 1024);
  return child;
}

function startNode(children: Children, port: number): Child {
  const words = [join(import.meta.dirname, '../peers/upstream.mjs'), JSON.stringify({ port, answer: ANSWER })];
  return children.start('upstream', { command: process.execPath, words, files: {} });
}
