import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { documentOf, eventually, runGateway } from './gateway.ts';

test('a request in flight ends on the snapshot it began with, response steps included', async (t) => {
  const held: ServerResponse[] = [];
  const upstream = createServer((_request, response) => void held.push(response)).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  t.teardown(() => upstream.close());
  const { port } = upstream.address() as AddressInfo;
  const slow = (version: string) => documentOf(version).replace('builtin: echo', `targets: ["http://127.0.0.1:${port}"]`);

  const running = await runGateway(t, slow('one'));
  const first = fetch(`${running.url}/`);
  await eventually(async () => held.length === 1, 'the upstream was not asked');
  await running.write(slow('two'));
  await eventually(async () => running.gateway.cell.status().revision === 2, 'no reload');
  t.equal(running.gateway.cell.status().liveSnapshots, 2);
  const second = fetch(`${running.url}/`);
  await eventually(async () => held.length === 2, 'the upstream was not asked again');
  for (const response of held) response.end('done');

  const answers = await Promise.all([first, second]);
  t.strictSame(answers.map(({ headers }) => headers.get('x-version')), ['one', 'two']);
  t.strictSame(await Promise.all(answers.map((answer) => answer.text())), ['done', 'done']);
  await eventually(async () => running.gateway.cell.status().liveSnapshots === 1, 'the first snapshot stays');
});

const CONNECTIONS = 64;
const REQUESTS = 20_000;
const RELOADS = 200;

/** Request and response step of the same policy say the same word. */
function wordDocument(word: string): string {
  return documentOf(word).replace('config: { response:', `config: { request: { set: { x-word: ${word} } }, response:`);
}

test('20,000 requests at 64 connections across 200 reloads: none fails, each is of one piece', async (t) => {
  const running = await runGateway(t, wordDocument('odd'));
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  t.teardown(() => agent.destroy());
  const words = new Map<string, number>();
  const faults: string[] = [];
  let asked = 0;
  let reloading = true;
  let done = 0;

  async function client(): Promise<void> {
    while (reloading || asked < REQUESTS) {
      // The requests are spread over the reloads, so that the reloads do not wait for a machine busy with requests.
      if (reloading && asked > ((done + 1) * REQUESTS) / RELOADS) {
        await delay(2);
        continue;
      }
      asked += 1;
      const { status, headers, text } = await ask(running.url, agent);
      const word = String(headers['x-version']);
      const sent = status === 200 ? JSON.parse(text).headers['x-word'] : undefined;
      if (sent !== word || !['odd', 'even'].includes(word)) faults.push(`${status}: ${sent} upstream, ${word} to the client`);
      words.set(word, (words.get(word) ?? 0) + 1);
    }
  }

  async function reloads(): Promise<void> {
    for (let revision = 2; revision <= RELOADS + 1; revision += 1) {
      await running.write(wordDocument(revision % 2 === 0 ? 'even' : 'odd'));
      await eventually(async () => running.gateway.cell.status().revision === revision, `no revision ${revision}`);
      done += 1;
    }
    reloading = false;
  }

  await Promise.all([reloads(), ...Array.from({ length: CONNECTIONS }, client)]);
  t.strictSame(faults.slice(0, 5), []);
  t.ok(asked >= REQUESTS, `${asked} requests`);
  t.ok((words.get('odd') ?? 0) > 0 && (words.get('even') ?? 0) > 0, JSON.stringify([...words]));
  t.match(running.gateway.control().reloads, { accepted: RELOADS + 1, refused: 0 });
  await eventually(async () => running.gateway.cell.status().liveSnapshots === 1, 'retired snapshots stay');
});

function ask(
  url: string,
  agent: Agent,
): Promise<{ readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      response.on('error', reject);
    });
    sent.on('error', reject).end();
  });
}
