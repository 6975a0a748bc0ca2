import { test } from 'tap';
import { fieldNameOf, isHopByHop } from '../src/field-names.ts';
import { normalHost } from '../src/host-name.ts';

const ENDS = (
  'connection keep-alive proxy-connection proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade ' +
  'http2-settings'
).split(' ');
const REBUILT = 'forwarded x-forwarded-for x-forwarded-host x-forwarded-proto x-forwarded-port x-real-ip expect'.split(
  ' ',
);
const ON =
  'accept user-agent cookie content-length content-type date dnt x-request-id origin x-anything-else tea connections'.split(
    ' ',
  );

/** The spellings that clients use, and one that none does. */
function spellings(name: string): readonly string[] {
  const capital = name.replaceAll(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase());
  const odd = Array.from(name, (letter, at) => (at % 2 === 0 ? letter.toUpperCase() : letter)).join('');
  return [name, capital, name.toUpperCase(), odd];
}

test('a field is the same in every spelling, and goes where it has to', async (t) => {
  const wanted = new Map([
    ...ENDS.map((name): [string, string] => [name, 'ends']),
    ...REBUILT.map((name): [string, string] => [name, 'ends']),
    ...['x-consumer-name', 'x-postern-anything'].map((name): [string, string] => [name, 'ends']),
    ...ON.map((name): [string, string] => [name, 'on']),
    ...['host', ':authority', ':path', ':unknown'].map((name): [string, string] => [name, 'apart']),
  ]);
  for (const [name, goes] of wanted)
    for (const spelling of spellings(name)) t.same({ ...fieldNameOf(spelling) }, { name, goes }, spelling);
  t.same({ ...fieldNameOf('') }, { name: '', goes: 'on' });
});

test('hop-by-hop fields are these and no others', async (t) => {
  for (const name of ENDS) t.ok(isHopByHop(name), name);
  for (const name of [...REBUILT, ...ON]) t.notOk(isHopByHop(name), name);
});

test('a host reads the same however many others were asked for in between', async (t) => {
  const first = { host: 'shop.example.com:8080', hostname: 'shop.example.com' };
  for (let at = 0; at < 2000; at += 1) {
    t.same(normalHost('Shop.Example.com.:8080'), first);
    if (normalHost(`h${at}.test`)?.host !== `h${at}.test`) t.fail(`h${at}.test`);
    if (at > 20) at += 100;
  }
  for (const wrong of ['', '.', 'a..', 'a b', 'user@a', '[::1', 'a:b']) t.equal(normalHost(wrong), undefined, wrong);
  t.same(normalHost('[::1]:80'), { host: '[::1]:80', hostname: '[::1]' });
});
