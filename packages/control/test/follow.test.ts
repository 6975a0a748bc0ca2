import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { documentOf, openBench, until } from './bench.ts';

test('serves the first document and then each later one', async (t) => {
  const { source, control, names, cell, starts } = openBench();
  source.push(documentOf('one'));
  const following = await control();
  t.strictSame(names(), ['one']);
  source.push(documentOf('two'));
  await until(() => cell.applied.length === 2);
  t.strictSame(names(), ['one', 'two']);
  t.equal(starts(), 1);
  await following.close();
});

test('waits for the required source', async (t) => {
  const { source, control, names } = openBench();
  const following = control();
  await delay(50);
  t.strictSame(names(), []);
  source.push(documentOf('late'));
  await (await following).close();
  t.strictSame(names(), ['late']);
});

test('gives each candidate the revision of its text and the SHA-256 of it', async (t) => {
  const { source, control, cell } = openBench();
  source.push(documentOf('one'));
  await (await control()).close();
  t.match(cell.applied, [{ revision: 1, digest: /^[0-9a-f]{64}$/, document: { origin: 'test.yaml' } }]);
});

test('skips an unchanged document', async (t) => {
  const { source, control, names } = openBench();
  source.push(documentOf('one'));
  const following = await control();
  source.push(documentOf('one'));
  await delay(50);
  source.push(documentOf('one'));
  await delay(50);
  t.strictSame(names(), ['one']);
  t.match(following.status().reloads, { accepted: 1, refused: 0 });
  await following.close();
});

test('does not skip a flapping document', async (t) => {
  const { source, control, names, cell } = openBench();
  source.push(documentOf('a'));
  const following = await control();
  for (const [at, name] of ['b', 'a', 'b', 'a'].entries()) {
    source.push(documentOf(name));
    await until(() => cell.applied.length === at + 2);
  }
  t.strictSame(names(), ['a', 'b', 'a', 'b', 'a']);
  await following.close();
});

test('ignores intermediate documents: the newest wins, and bursts coalesce', async (t) => {
  const { source, control, names, cell } = openBench();
  source.push(documentOf('first'));
  const following = await control();
  cell.slow = 50;
  source.push(...Array.from({ length: 100 }, (_, at) => documentOf(`burst-${at}`)));
  await until(() => names().at(-1) === 'burst-99');
  t.ok(names().length <= 3, names().join());
  await following.close();
});

test('ignores a transient document that is taken back while another one is built', async (t) => {
  const { source, control, names, cell } = openBench();
  source.push(documentOf('first'));
  const following = await control();
  cell.slow = 50;
  source.push(documentOf('slow'));
  await delay(10);
  source.push('broken: [', documentOf('last'));
  await until(() => names().at(-1) === 'last');
  t.strictSame(names(), ['first', 'slow', 'last']);
  t.equal(following.status().refusal, undefined);
  await following.close();
});

test('builds one document at a time and holds under stress', async (t) => {
  const { source, control, names, cell } = openBench();
  source.push(documentOf('first'));
  const following = await control();
  cell.slow = 1;
  for (let at = 0; at < 500; at += 1) {
    source.push(at % 2 === 0 ? documentOf(`doc-${at}`) : 'no: such\n');
    if (at % 10 === 0) await delay(1);
  }
  source.push(documentOf('last'));
  await until(() => names().at(-1) === 'last');
  t.equal(cell.most(), 1);
  t.equal(following.status().refusal, undefined);
  await following.close();
});

test('refuses an empty document: it changes nothing', async (t) => {
  const { source, control, names } = openBench();
  source.push(documentOf('one'));
  const following = await control();
  source.push('');
  await until(() => following.status().refusal !== undefined);
  t.strictSame(names(), ['one']);
  t.match(following.status(), { origin: 'test.yaml', refusal: { revision: 2, issues: [{ severity: 'error' }] } });
  await following.close();
});

test('keeps the last good document and says why the newest is refused, until a later one is accepted', async (t) => {
  const { source, control, names, lines, cell } = openBench();
  source.push(documentOf('one'));
  const following = await control();
  const { acceptedAt } = following.status();
  source.push(`${documentOf('two')}unknown: 1\n`);
  await until(() => following.status().refusal !== undefined);
  t.match(following.status(), {
    acceptedAt,
    refusal: { origin: 'test.yaml', revision: 2, issues: [{ file: 'test.yaml', line: 5, column: 1 }] },
    reloads: { accepted: 1, refused: 1 },
  });
  t.match(
    lines.join('\n'),
    /error test\.yaml:5:1: error: [^]*\n {2}fix: [^]*error test\.yaml revision 2 is refused; the last good document keeps serving/,
  );
  source.push(documentOf('refused'));
  await until(() => following.status().refusal?.revision === 3);
  t.match(following.status().refusal?.issues, [{ code: 'cell/no' }]);
  source.push(documentOf('one'));
  await until(() => following.status().refusal === undefined);
  t.strictSame(names(), ['one', 'refused', 'one']);
  t.equal(cell.applied.at(-1)?.revision, 4, 'the text that served all the time serves as the newest revision');
  await following.close();
});

test('keeps the last good document when the source becomes unreadable', async (t) => {
  const { source, control, names, cell } = openBench();
  source.push(documentOf('one'));
  const following = await control();
  source.fail('test.yaml does not exist');
  await until(() => following.status().refusal !== undefined);
  t.match(following.status().refusal, {
    revision: 1,
    issues: [{ code: 'source/unreadable', message: 'test.yaml does not exist', fix: 'mend it' }],
  });
  source.push(documentOf('one'));
  await until(() => cell.applied.length === 2);
  t.strictSame(names(), ['one', 'one']);
  t.equal(following.status().refusal, undefined);
  await following.close();
});

test('builds a text that came before trouble, and shows the trouble all the same', async (t) => {
  const { source, control, names, cell } = openBench();
  source.push(documentOf('one'));
  const following = await control();
  cell.slow = 30;
  source.push(documentOf('two'));
  await delay(5);
  source.push(documentOf('three'));
  source.fail('gone');
  await until(() => following.status().refusal !== undefined);
  t.strictSame(names(), ['one', 'two', 'three']);
  await following.close();
});

test('says that a restart is needed when the server section changes, and names the keys without their values', async (t) => {
  const { source, control, cell, lines } = openBench();
  source.push(documentOf('one', 'server: { name: edge }\n'));
  const following = await control();
  t.equal(following.status().restartNeeded, false);
  source.push(
    documentOf('two', '# moved\nserver:\n  name: edge\n  admin: { address: 127.0.0.1:9901, token: top-secret }\n'),
  );
  await until(() => cell.applied.length === 2);
  t.match(following.status(), {
    restartNeeded: true,
    warnings: [
      { severity: 'warning', code: 'control/restart-needed', message: /\badmin\b/, line: 2, pointer: '/server' },
    ],
  });
  t.notMatch(JSON.stringify([following.status(), lines]), /top-secret/);
  source.push(documentOf('three', 'server: { name: edge }\n'));
  await until(() => cell.applied.length === 3);
  t.match(following.status(), { restartNeeded: false, warnings: [] });
  await following.close();
});

test('refuses to begin with a document that is not accepted, and logs nothing about it', async (t) => {
  for (const text of ['broken: [', documentOf('refused')]) {
    const { source, follow, lines, names } = openBench();
    source.push(text);
    t.match(await follow(), { kind: 'refused', issues: [{ severity: 'error' }] });
    source.push(documentOf('too-late'));
    await delay(20);
    t.notMatch(names(), ['too-late']);
    t.strictSame(lines, []);
  }
});

test('refuses to begin with a source that is unreadable, silent or broken', async (t) => {
  const unreadable = openBench();
  unreadable.source.fail('gone');
  t.match(await unreadable.follow(), { kind: 'refused', issues: [{ code: 'source/unreadable' }] });
  const silent = openBench();
  silent.source.end();
  t.match(await silent.follow(), { kind: 'refused', issues: [{ code: 'source/silent' }] });
  const broken = openBench();
  broken.source.breakDown(new Error('bad luck'));
  t.match(await broken.follow(), { kind: 'refused', issues: [{ message: /source test broke down: bad luck/ }] });
});

test('hands on what the start throws', async (t) => {
  const { source, follow } = openBench({ start: () => Promise.reject(new Error('address in use')) });
  source.push(documentOf('one'));
  await t.rejects(follow(), { message: 'address in use' });
});

test('turns a build that breaks down into a refusal and goes on', async (t) => {
  const { source, control, cell, names } = openBench();
  source.push(documentOf('one'));
  const following = await control();
  cell.broken = new Error('a bug');
  source.push(documentOf('two'));
  await until(() => following.status().refusal !== undefined);
  t.match(following.status().refusal?.issues, [{ code: 'control/broke-down', message: 'the build broke down: a bug' }]);
  cell.broken = undefined;
  source.push(documentOf('three'));
  await until(() => names().at(-1) === 'three');
  await following.close();
});

test('stops at its end: a later document is not looked at', async (t) => {
  const { source, control, names } = openBench();
  source.push(documentOf('one'));
  const following = await control();
  await following.close();
  source.push(documentOf('two'));
  await delay(50);
  t.strictSame(names(), ['one']);
});
