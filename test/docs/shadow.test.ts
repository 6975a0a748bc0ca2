import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { test } from 'tap';
import { FROM_INSIDE, SERVER, gatewayFor } from '../kit/gateway.ts';
import { request } from '../kit/raw-client.ts';
import { blocks, toDocument } from './blocks.ts';

const page = blocks().filter((block) => block.page === 'docs/shadow.md');
const [first, second] = page.filter(({ language }) => language === 'yaml');
const textOf = (language: string): string => page.find((block) => block.language === language)?.text ?? '';

test('the first example of the shadow page does what the page says', async (t) => {
  if (first === undefined) throw new Error('the page has no example');
  const gateway = await gatewayFor(t, `${SERVER}${toDocument(first)}`);
  const line = textOf('sh').replaceAll(':8080', `:${gateway.port()}`);
  const { stdout } = await promisify(execFile)('bash', ['-c', line]);
  t.match(stdout, /^HTTP\/1\.1 200 /);
  t.match(stdout, /\r\naccess-control-allow-origin: https:\/\/old\.example\.com\r\n/);
  if (FROM_INSIDE)
    t.match(
      gateway.written.find(({ status }) => status !== undefined),
      JSON.parse(textOf('json')),
    );
  const metrics = (await gateway.cell.metrics()).split('\n');
  const said = textOf('text').trim().split('\n');
  t.equal(said.length, 2);
  for (const one of said) t.ok(metrics.includes(one), one);
});

test('the second example of the shadow page enforces on one group and tries on the other', async (t) => {
  if (second === undefined) throw new Error('the page has no second example');
  const gateway = await gatewayFor(t, `${SERVER}${toDocument(second)}`);
  for (const path of ['/partners/x', '/public/x']) t.equal((await request(gateway.port(), `GET ${path}`)).status, 200);
});
