// Loaded before the program: names under `.up.test` have the addresses that the file in POSTERN_TEST_HOSTS says at the moment of each
// look-up: `{ "shop.up.test": ["127.0.0.1"] }`, in place of what the system says. A name that is not there does not resolve.
import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isIP } from 'node:net';

type Callback = (error: Error | null, ...found: unknown[]) => void;

const system = dns.lookup;
const file = process.env['POSTERN_TEST_HOSTS'] ?? '';

function lookup(name: string, given: unknown, callback: Callback): void {
  if (!name.endsWith('.up.test')) {
    Reflect.apply(system, dns, [name, given, callback]);
    return;
  }
  const hosts: Record<string, readonly string[] | undefined> = JSON.parse(readFileSync(file, 'utf8'));
  const all = (hosts[name] ?? []).map((address) => ({ address, family: isIP(address) }));
  const [first] = all;
  setImmediate(() => {
    if (first === undefined)
      callback(
        Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }),
      );
    else if (typeof given === 'object' && given !== null && 'all' in given && given.all === true) callback(null, all);
    else callback(null, first.address, first.family);
  });
}

Object.assign(dns, { lookup });
syncBuiltinESMExports();
