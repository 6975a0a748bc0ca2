import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { isBadLine } from '../corpus/invariants.ts';
import { Recorder } from '../corpus/recorder.ts';
import type { Teardown } from '../corpus/recorder.ts';
import type { StrictRequest } from '../corpus/strict-reader.ts';
import { gatewayFor } from '../kit/gateway.ts';
import deny from '../corpus/deny.ts';
import reads from './reads.ts';

/** A gateway with a strict upstream behind it, for generated input. */
export interface Front {
  readonly port: number;
  /** The upstream of `/echo`. */
  readonly upstream: Recorder;
  /** That of `/hostile`: a test says what it answers. */
  readonly hostile: Recorder;
  /** That of `/admin`, which nobody may enter. */
  readonly guarded: Recorder;
  readonly alive: () => boolean;
  /** What its log says of mistakes of its own, since it was asked last. */
  mistakes(): readonly string[];
}

/** Bytes of a body that the fixture takes. */
export const MOST_BODY = 64 * 1024;

/** A gateway in this process; with `apart`, `postern run` in one of its own. Ended with the test. */
export async function frontFor(t: Teardown, apart: boolean): Promise<Front> {
  const [upstream, hostile, guarded] = [await Recorder.open(t), await Recorder.open(t), await Recorder.open(t)];
  upstream.answering = echo;
  const text = documentOf([upstream.port, hostile.port, guarded.port], apart);
  const gateway = apart ? await processFor(t, text) : await here(t, text);
  return { ...gateway, upstream, hostile, guarded };
}

type Gateway = Pick<Front, 'port' | 'alive' | 'mistakes'>;

async function here(t: Teardown, text: string): Promise<Gateway> {
  const gateway = await gatewayFor(t, text, [deny, reads]);
  const mistakes = (): readonly string[] => {
    gateway.written.length = 0;
    return gateway.said.splice(0).flatMap(({ record, message }) => {
      const error = record['err'] instanceof Error ? record['err'].stack : undefined;
      return /the gateway failed on a request|nobody caught/.test(message) ? [`${message}: ${error ?? ''}`] : [];
    });
  };
  return { port: gateway.port(), alive: () => true, mistakes };
}

const PROGRAM = fileURLToPath(new URL('../../packages/postern/bin/postern.mjs', import.meta.url));

async function processFor(t: Teardown, text: string): Promise<Gateway> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-fuzz-'));
  writeFileSync(join(folder, 'gateway.yaml'), text);
  const env = { PATH: process.env['PATH'] };
  const child = spawn(process.execPath, [PROGRAM, 'run'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const alive = (): boolean => child.exitCode === null && child.signalCode === null;
  t.teardown(async () => {
    if (alive()) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(folder, { recursive: true });
  });
  const bad: string[] = [];
  const port = await new Promise<number>((resolve, reject) => {
    for (const output of [child.stdout, child.stderr])
      createInterface(output).on('line', (line) => {
        if (line.includes('"listeners":')) resolve(JSON.parse(line).listeners[0].port);
        else if (isBadLine(line)) bad.push(line);
      });
    child.once('exit', () => reject(new Error(`the gateway ended: ${bad.join('\n')}`)));
  });
  return { port, alive, mistakes: () => bad.splice(0) };
}

/** Long times: what an input leaves unfinished is not to be refused for being late. */
function documentOf([upstream, hostile, guarded]: readonly number[], apart: boolean): string {
  const files = ['../corpus/deny.ts', 'reads.ts'].map((file) => fileURLToPath(new URL(file, import.meta.url)));
  const plugins = apart ? JSON.stringify(files) : '[]';
  return `server:
  listen: [{ name: public, address: 127.0.0.1:0 }]
  admin: { address: 127.0.0.1:0 }
  drainTimeout: 1s
  plugins: ${plugins}
  limits: { headerBytes: 16KiB, headerCount: 100, urlBytes: 8KiB, bodyBytes: ${MOST_BODY / 1024}KiB, headersTimeout: 120s,
            requestTimeout: 120s, idleTimeout: 120s }
gateway: { policies: [id] }
policies:
  - { name: id, plugin: request-id }
  - { name: deny, plugin: deny, config: {} }
  - { name: reads, plugin: reads, config: {} }
upstreams:
  - { name: up, targets: ["http://127.0.0.1:${upstream}"] }
  - { name: hostile, targets: ["http://127.0.0.1:${hostile}"] }
  - { name: guarded, targets: ["http://127.0.0.1:${guarded}"] }
apiGroups:
  - { name: echo, hosts: [gateway.test], basePath: /echo, upstream: up }
  - { name: echo-read, hosts: [gateway.test], basePath: /echo/read, upstream: up, policies: [inherit, reads] }
  - { name: hostile-read, hosts: [gateway.test], basePath: /hostile/read, upstream: hostile, policies: [inherit, reads] }
  - { name: hostile, hosts: [gateway.test], basePath: /hostile, upstream: hostile }
  - { name: admin, basePath: /admin, upstream: guarded, policies: [deny] }
`;
}

/** What an answer says of the request that it is to; `from`: the address of its client. */
export function tokenOf(from: string, method: string, sent: string, body: string): string {
  return `${from} ${crc32(Buffer.from(`${method} ${sent}\n${body}`, 'latin1'))}`;
}

/** Answers with the body that came, sooner or later, so that answers overtake one another if anything lets them. */
function echo(request: StrictRequest, socket: Socket): void {
  const { method, target, body, lines } = request;
  const from = lines.find(([name]) => name === 'x-forwarded-for')?.[1] ?? '';
  const token = tokenOf(from, method, target, body.toString('latin1'));
  const luck = crc32(token);
  const chunked = luck % 3 === 0;
  const frame = chunked ? 'transfer-encoding: chunked' : `content-length: ${body.length}`;
  const data = method === 'HEAD' ? '' : body.toString('latin1');
  const sent =
    chunked && method !== 'HEAD' ? `${data === '' ? '' : `${data.length.toString(16)}\r\n${data}\r\n`}0\r\n\r\n` : data;
  const answer = Buffer.from(`HTTP/1.1 200 OK\r\nx-echo: ${token}\r\n${frame}\r\n\r\n${sent}`, 'latin1');
  const write = (): void => void (socket.writable && socket.write(answer));
  if (luck % 5 === 0) setTimeout(write, luck % 7);
  else write();
}
