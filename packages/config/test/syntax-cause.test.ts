import t from 'tap';
import { refused } from './fixtures.ts';

/** The first issue of a text, as `line:column fix`. */
function first(text: string): string {
  const [issue] = refused(text);
  return `${issue?.line}:${issue?.column} ${issue?.fix}`;
}

t.test('lines that end with CR LF are located as others are', (t) => {
  t.match(first('upstreams:\r\n  - name: "shop\r\n    builtin: echo\r\n'), /^2:11 close the quote/);
  t.match(first('upstreams:\r\n  - name: shop\r\n     builtin: echo\r\n'), /^3:6 line this up/);
  t.end();
});

t.test('a mistake behind hundreds of lines is located as one in the first is', (t) => {
  const many = Array.from({ length: 3000 }, (_, at) => `  - { name: u${at}, builtin: echo }\n`).join('');
  t.match(first(`upstreams:\n${many}  - { name: last, builtin: [echo\n`), /^3002:28 close it: add \]/);
  t.match(first(`upstreams:\n${many}  - name last\n    builtin: echo\n`), /^3002:5 write "key: value"/);
  t.end();
});

t.test('a text of one long line costs no search: the complaint of the parser stands', (t) => {
  const long = `{"upstreams": [${'{"name": "a"}, '.repeat(200_000)}`;
  const start = process.hrtime.bigint();
  t.match(first(long), 'close');
  t.comment(`${Number(process.hrtime.bigint() - start) / 1e6} ms`);
  t.end();
});

t.test('JSON with a missing comma or bracket is located', (t) => {
  t.match(first('{\n  "upstreams": [\n    { "name": "shop" "builtin": "echo" }\n  ]\n}\n'), /^3:\d+ /);
  t.match(first('{\n  "upstreams": [],\n  "apiGroups": [\n}\n'), /^[34]:\d+ /);
  t.end();
});
