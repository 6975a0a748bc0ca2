import { testContext, tryPlugin } from '@postern/kit/testkit';
import requestId from '@postern/plugin-request-id';
import { test } from 'tap';

/** The id at each of its three places: upstream, in the answer, and in the log. */
async function idsOf(config: object, headers: Record<string, string> = {}): Promise<readonly (string | undefined)[]> {
  const name = 'header' in config ? String(config.header).toLowerCase() : 'x-request-id';
  const { upstream, headers: answered, decision } = await tryPlugin(requestId, { config }).send({ headers });
  return [upstream?.headers[name], answered[name], decision.id];
}

test('gives log, upstream and client the one id of the exchange', async (t) => {
  const [sent, answered, logged] = await idsOf({});
  t.match(sent, /^[\w-]{8,}$/);
  t.same([answered, logged], [sent, sent]);
});

test('overwrites the id of a client that is not trusted', async (t) => {
  const ids = await idsOf({}, { 'x-request-id': 'mine' });
  t.equal(new Set(ids).size, 1);
  t.not(ids[0], 'mine');
});

test('takes the id of a client when told to trust it', async (t) => {
  t.strictSame(await idsOf({ trust: true }, { 'x-request-id': 'mine-1' }), ['mine-1', 'mine-1', 'mine-1']);
});

test('makes its own where the id of a trusted client is absent, empty, too long or no token', async (t) => {
  for (const sent of [undefined, '', 'x'.repeat(129), 'two words', 'a,b', 'é', '"quoted"', '<b>']) {
    const ids = await idsOf({ trust: true }, sent === undefined ? {} : { 'x-request-id': sent });
    t.equal(new Set(ids).size, 1, String(sent));
    t.not(ids[0], sent, String(sent));
  }
  const longest = 'x'.repeat(128);
  t.strictSame(await idsOf({ trust: true }, { 'x-request-id': longest }), [longest, longest, longest]);
});

test('uses another header when told to, whatever its case', async (t) => {
  const config = { header: 'X-Correlation-Id', trust: true };
  t.strictSame(await idsOf(config, { 'x-correlation-id': 'c-1' }), ['c-1', 'c-1', 'c-1']);
});

test('puts the id on answers whose request never reached the request step', async (t) => {
  const answer = await tryPlugin(requestId, { path: '/known' }).send({ path: '/unknown' });
  t.equal(answer.status, 404);
  t.equal(answer.headers['x-request-id'], answer.decision.id);
});

test('in shadow no id goes anywhere', async (t) => {
  const answer = await tryPlugin(requestId, { mode: 'shadow' }).send();
  t.notOk('x-request-id' in answer.headers || 'x-request-id' in (answer.upstream?.headers ?? {}));
});

test('refuses a header name that is none or that the gateway writes itself', async (t) => {
  for (const header of ['', 'x request', 'x:y', 'Host', 'content-length', 'Connection']) {
    t.match(
      requestId.compile({ header }, testContext()),
      [{ code: 'request-id/header-name', path: ['header'] }],
      header,
    );
  }
});
