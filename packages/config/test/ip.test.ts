import t from 'tap';
import { clash, parseAddress, parseHost } from '../src/address.ts';
import { holds, isLoopback, parseCidr, parseIp } from '../src/ip.ts';

t.test('addresses are read as numbers, mapped ones as what they reach', (t) => {
  t.same(parseIp('10.0.0.1'), { version: 4, value: 0x0a000001n });
  t.same(parseIp('::ffff:10.0.0.1'), { version: 4, value: 0x0a000001n });
  t.same(parseIp('::1'), { version: 6, value: 1n });
  t.same(parseIp('2001:db8::'), { version: 6, value: 0x20010db8n << 96n });
  t.same(parseIp('1:2:3:4:5:6:7:8')?.version, 6);
  for (const bad of [
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.1.1.1',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    '::g',
    '1.2.3.4::',
    'fe80::1%eth0',
  ]) {
    t.equal(parseIp(bad), undefined, bad);
  }
  t.end();
});

t.test('ranges hold what they should', (t) => {
  const inside = (range: string, address: string): boolean | undefined => {
    const [cidr, ip] = [parseCidr(range), parseIp(address)];
    return cidr === undefined || ip === undefined ? undefined : holds(cidr, ip);
  };
  t.equal(inside('10.0.0.0/8', '10.255.0.1'), true);
  t.equal(inside('10.0.0.0/8', '11.0.0.1'), false);
  t.equal(inside('0.0.0.0/0', '1.2.3.4'), true);
  t.equal(inside('10.0.0.1', '10.0.0.1'), true);
  t.equal(inside('fe80::/10', 'febf::1'), true);
  t.equal(inside('fe80::/10', 'fec0::1'), false);
  t.equal(inside('0.0.0.0/0', '::1'), false);
  for (const bad of ['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', '::/129', 'x/8', '10.0.0.0/08']) {
    t.equal(parseCidr(bad), undefined, bad);
  }
  t.end();
});

t.test('loopback is known in every spelling', (t) => {
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost', '::ffff:127.0.0.1']) t.ok(isLoopback(host), host);
  for (const host of ['', '0.0.0.0', '::', '10.0.0.1', 'localhost.example.com']) t.notOk(isLoopback(host), host);
  t.end();
});

t.test('addresses to listen on are taken apart', (t) => {
  t.same(parseAddress('127.0.0.1:80'), { host: '127.0.0.1', port: 80 });
  t.same(parseAddress(':80'), { host: '', port: 80 });
  t.same(parseAddress('[::1]:0'), { host: '::1', port: 0 });
  t.same(parseAddress('LocalHost:65535'), { host: 'localhost', port: 65535 });
  for (const bad of [
    '80',
    'a',
    'a:',
    'a:65536',
    'a:-1',
    'a:1:2',
    '[::1]',
    '[a]:1',
    '[]:1',
    '::1:80',
    ' a:1',
    'a:1 ',
    '1.2.3:80',
  ]) {
    t.equal(parseAddress(bad), undefined, bad);
  }
  t.equal(parseHost('[1.2.3.4]'), undefined);
  t.end();
});

t.test('two ports clash when one takes what the other wants', (t) => {
  const at = (host: string, port = 80): { host: string; port: number } => ({ host, port });
  t.ok(clash(at('a'), at('a')));
  t.ok(clash(at(''), at('127.0.0.1')));
  t.ok(clash(at('127.0.0.1'), at('0.0.0.0')));
  t.ok(clash(at('::'), at('0.0.0.0')));
  t.notOk(clash(at('0.0.0.0'), at('::1')));
  t.notOk(clash(at('a'), at('b')));
  t.notOk(clash(at('a', 80), at('a', 81)));
  t.notOk(clash(at('a', 0), at('a', 0)));
  t.end();
});
