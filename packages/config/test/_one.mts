import { check } from './fixtures.ts';
let text =
  'upstreams:\n  - { name: u, builtin: echo }\npolicies:\n  - { name: a, plugin: ids }\n  - { name: b, plugin: ids }\ngateway: { policies: [a] }\napiGroups:\n  - name: g\n    upstream: u\n    basePath: /api\n    routes:\n';
for (let i = 0; i < 10000; i++)
  text += `      - { name: r${i}, path: "/items/${i}/{id}", methods: [GET, PUT], labels: { a: b }${i % 10 ? '' : ', policies: [inherit, b]'} }\n`;
const n = Number(process.argv[2] ?? 1);
for (let k = 0; k < n; k++) {
  const c = process.cpuUsage();
  const t = performance.now();
  const r = check(text);
  const u = process.cpuUsage(c);
  console.log(r.kind, Math.round(performance.now() - t) + ' wall', Math.round((u.user + u.system) / 1000) + ' cpu');
}
