// D5, and the half of N11 that is about signatures: a node with trusted keys, and somebody who can write the bucket or the disk.
import { createPrivateKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { keyPair, signDocument, keyIdOf } from '@postern/source-nats';
import { test } from 'tap';
import type { Test } from 'tap';
import { foreignClient } from '../kit/foreign-client.ts';
import { natsServerFor, needsNats } from '../kit/nats-server.ts';
import { steadyLoad } from '../kit/steady-load.ts';
import { busGateway, folderFor, liveOf } from '../reload/bus-gateway.ts';

const OURS = keyPair();
const STRANGER = keyPair();

/** A signed document as the bus has it. */
function signed(version: string, revision: number, { by = OURS, key = 'edge' } = {}): string {
  const privateKey = createPrivateKey(by.privateKey);
  const issuedAt = '2026-01-01T00:00:00.000Z';
  return signDocument({ key, revision, issuedAt, document: liveOf(version), keyId: keyIdOf(privateKey) }, privateKey);
}

async function signedNode(t: Test) {
  const nats = await natsServerFor(t);
  const client = await foreignClient(nats.port);
  t.teardown(() => client.close());
  const folder = folderFor(t);
  const start = (live = '') =>
    busGateway(t, { servers: [nats.url], folder, more: `, trustedKeys: ["${OURS.publicKey}"]`, live });
  const put = (value: string | Uint8Array) => client.put('postern', 'config.edge', value);
  return { nats, start, put };
}

test(
  'N11: with the rights of the broker and without the key nothing gets in, and each try is on record',
  needsNats(),
  async (t) => {
    const { start, put } = await signedNode(t);
    const node = await start();
    await put(signed('one', 10));
    await node.serves('one');
    const load = steadyLoad(node.url, 300);
    const genuine = signed('two', 11);
    const tries: readonly (readonly [string, string | Uint8Array, string])[] = [
      ['a document without a signature', liveOf('evil'), 'signature/unsigned'],
      ['the same, gzip-ed', gzipSync(liveOf('evil')), 'signature/unsigned'],
      ['a key that nobody trusts', signed('evil', 12, { by: STRANGER }), 'signature/unknown-key'],
      ['a changed document', genuine.replace('two', 'evl'), 'signature/bad'],
      ['a raised revision', genuine.replace('"revision":11', '"revision":99'), 'signature/bad'],
      ['a member twice', genuine.replace('{"key":"edge",', '{"key":"edge","key":"edge",'), 'signature/malformed'],
      ['another fleet', signed('evil', 12, { key: 'other' }), 'signature/wrong-key'],
      ['an older document, put back', signed('old', 9), 'signature/stale-revision'],
      ['another document of the same revision', signed('evil', 10), 'signature/stale-revision'],
    ];
    for (const [what, value, code] of tries) {
      const revision = await put(value);
      const { refusal } = await node.shows((status) => status.refusal?.revision === revision);
      t.equal(refusal?.issues[0]?.code, code, what);
      t.ok(
        node.lines.some((line) => line.includes(`config.edge@${revision}`) && line.includes(code)),
        `${what}: in the log`,
      );
      t.equal(await node.version(), 'one');
    }
    await put(genuine);
    await node.serves('two');
    await put(gzipSync(signed('three', 12)));
    await node.serves('three');
    const { sent, lost } = await load.stop();
    t.same(lost, [], `lost of ${sent}`);
  },
);

test(
  'N7: a bucket made anew takes signed documents only, and none that is older than what served',
  needsNats(),
  async (t) => {
    const { nats, start, put } = await signedNode(t);
    const node = await start();
    await put(signed('one', 10));
    await node.serves('one');
    const other = await foreignClient(nats.port);
    t.teardown(() => other.close());
    await other.api('STREAM.DELETE.KV_postern');
    await node.shows(({ refusal }) => refusal !== undefined);
    await other.api('STREAM.CREATE.KV_postern', {
      name: 'KV_postern',
      subjects: ['$KV.postern.>'],
      max_msgs_per_subject: 8,
    });
    await put(signed('old', 9));
    await node.shows(({ refusal }) => refusal?.issues[0]?.code === 'signature/stale-revision');
    t.equal(await node.version(), 'one');
    await put(signed('two', 11));
    await node.serves('two');
    t.match((await node.shows(({ warnings }) => warnings.length === 1)).warnings, [{ message: /was made anew/ }]);
  },
);

test(
  'D5: a last good document that somebody replaced is not served; the generation before it is',
  needsNats(),
  async (t) => {
    const { nats, start, put } = await signedNode(t);
    const first = await start();
    for (const [version, revision] of [
      ['one', 10],
      ['two', 11],
    ] as const) {
      const stored = await put(signed(version, revision));
      await first.serves(version);
      await first.keeps(stored);
    }
    await first.gateway.close();
    await nats.stop();
    const second = await start();
    t.equal(await second.version(), 'two');
    t.same(
      second.status().warnings.filter(({ message }) => message.includes('last good')),
      [],
      'the older generation is no reason for an alarm',
    );
    await second.gateway.close();

    // Whoever can write the file can make its digest fit.
    for (const evil of [liveOf('evil'), signed('evil', 99, { by: STRANGER })]) {
      const { kept } = JSON.parse(readFileSync(first.lastGood, 'utf8'));
      const body = JSON.stringify({ ...kept, value: Buffer.from(evil).toString('base64') });
      const sha256 = createHash('sha256').update(body).digest('hex');
      writeFileSync(first.lastGood, `{"sha256":"${sha256}","kept":${body}}\n`);
      const third = await start(liveOf('file'));
      t.equal(await third.version(), 'one');
      t.ok(third.status().warnings.some(({ message }) => /^the last good file: .*signed/.test(message)));
      await third.gateway.close();
    }

    await nats.start();
    const last = await start();
    await last.serves('two');
    const client = await foreignClient(nats.port);
    t.teardown(() => client.close());
    await client.put('postern', 'config.edge', signed('three', 12));
    await last.serves('three');
  },
);
