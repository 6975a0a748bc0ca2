import { test } from 'tap';
import { prettyLine } from '../src/pretty.ts';

test('shows a word of the gateway on a terminal with its time, level and message', async (t) => {
  const line = JSON.stringify({
    level: 'info',
    time: '2026-01-02T03:04:05.678Z',
    revision: 1,
    msg: 'gateway.yaml revision 1 serves',
  });
  t.equal(prettyLine(line), '03:04:05.678 info  gateway.yaml revision 1 serves\n');
});

test('colours what wants attention', async (t) => {
  const line = JSON.stringify({ level: 'error', time: '2026-01-02T03:04:05.678Z', msg: 'refused' });
  t.equal(prettyLine(line), '03:04:05.678 \u001b[31merror\u001b[0m refused\n');
});

test('shows an exchange with what people look for first', async (t) => {
  const line = JSON.stringify({
    time: '2026-01-02T03:04:05.678Z',
    method: 'GET',
    host: 'a.test',
    path: '/x',
    status: 403,
    durationMs: 1.5,
    policy: 'web-cors',
  });
  t.equal(prettyLine(line), '03:04:05.678 GET 403 a.test/x 1.5ms policy=web-cors\n');
});

test('shows another line of a policy as its members', async (t) => {
  const line = JSON.stringify({ time: '2026-01-02T03:04:05.678Z', message: 'origin not allowed', policy: 'web-cors' });
  t.equal(prettyLine(line), '03:04:05.678 message=origin not allowed policy=web-cors\n');
});

test('passes what is no line of the log as it is', async (t) => {
  t.equal(prettyLine('plain text\n'), 'plain text\n');
  t.equal(prettyLine('1\n'), '1\n');
});
