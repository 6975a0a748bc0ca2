import { test } from 'tap';
import { h2loadWords, readH2load, readWrk, wrkScript, wrkWords } from '../../bench/core/load.ts';

const load = {
  protocol: 'http',
  port: 8080,
  method: 'POST',
  path: '/shop/sink',
  headers: { origin: 'https://app.example.com' },
  body: 1024,
  duration: 2000,
} as const;

test('wrk is told method, headers and body by a script', async (t) => {
  const script = wrkScript(load);
  t.match(script, 'wrk.method = "POST"\nwrk.headers["origin"] = "https://app.example.com"\n');
  t.match(script, 'wrk.body = string.rep("x", 1024)\n');
  t.notMatch(wrkScript({ ...load, body: 0 }), 'wrk.body');
  t.same(wrkWords(load, 'load.lua'), [
    '-t1',
    '-c64',
    '-d2s',
    '--timeout',
    '20s',
    '-s',
    'load.lua',
    'http://127.0.0.1:8080/shop/sink',
  ]);
});

test('wrk runs for a second at least', async (t) => {
  t.equal(wrkWords({ ...load, duration: 200 }, 'load.lua')[2], '-d1s');
});

test('what the script had wrk print is read', async (t) => {
  const line = '{"requests":1000,"microseconds":2000000,"p50":1500,"p99":9000,"refused":3,"broken":1}';
  t.same(readWrk(`Running 2s test\n\n${line}\n`), {
    requests: 1000,
    perSecond: 500,
    p50: 1.5,
    p99: 9,
    refused: 3,
    broken: 1,
  });
  t.throws(() => readWrk('unable to connect to 127.0.0.1'), /wrk reported nothing: unable to connect/);
});

test('h2load opens eight connections with eight streams each', async (t) => {
  t.equal(
    h2loadWords({ ...load, path: '/a' }, 'log').join(' '),
    '-c 8 -m 8 -D 2s --log-file=log -H origin: https://app.example.com http://127.0.0.1:8080/a',
  );
});

const H2LOAD = `
finished in 2.01s, 2450.50 req/s, 400KB/s
requests: 4901 total, 4965 started, 4901 done, 4899 succeeded, 2 failed, 0 errored, 0 timeout
status codes: 4899 2xx, 0 3xx, 1 4xx, 1 5xx
`;

test('totals of h2load come from its text, percentiles from its log', async (t) => {
  const log = Array.from({ length: 100 }, (_, at) => `1700000000\t200\t${(100 - at) * 1000}\n`).join('');
  t.same(readH2load(H2LOAD, log), { requests: 4901, perSecond: 2450.5, p50: 51, p99: 100, refused: 2, broken: 0 });
});

test('what h2load calls failed beyond the refusals is broken', async (t) => {
  const output = H2LOAD.replace('2 failed, 0 errored', '7 failed, 5 errored');
  t.match(readH2load(output, ''), { refused: 2, broken: 5, p50: 0 });
  t.throws(() => readH2load('could not connect', ''), /h2load reported nothing: could not connect/);
});
