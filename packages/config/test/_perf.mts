import { checkDocument } from '../src/index.ts';
import { parseEvents } from 'js-yaml';
import { plugins } from './_try.mts';
import { writeFileSync } from 'node:fs';
let shared='upstreams:\n  - { name: u, targets: [http://127.0.0.1:9000] }\npolicies:\n  - { name: a, plugin: request-id }\n  - { name: b, plugin: key-auth }\ngateway: { policies: [a] }\napiGroups:\n  - name: g\n    upstream: u\n    basePath: /api\n    routes:\n';
let big=shared, blk=shared, own=shared;
for(let i=0;i<10000;i++) {big+=`      - { name: r${i}, path: "/items/${i}/{id}", methods: [GET, PUT], labels: { a: b } }\n`;
 blk+=`      - name: r${i}\n        path: /items/${i}/{id}\n        methods: [GET, PUT]\n        labels:\n          a: b\n`;
 own+=`      - { name: r${i}, path: "/items/${i}/{id}", methods: [GET, PUT], policies: [inherit, b] }\n`;}
const known={plugins,environment:{variable:()=>undefined,file:()=>undefined},unresolved:'error' as const};
for(const [n,text] of Object.entries({big,blk,own})) { const times=[]; let r; for(let k=0;k<7;k++){const t=process.cpuUsage(); r=checkDocument({text,origin:"g",revision:1},known); const u=process.cpuUsage(t); times.push(Math.round((u.user+u.system)/1000));} 
 const t=performance.now(); parseEvents(text,{}); console.log(n,text.length,times,'parseEvents',Math.round(performance.now()-t),r.kind, r.kind==='refused'?r.issues.slice(0,3):r.warnings.slice(0,3)); }
let many='upstreams:\n  - { name: u, targets: [http://127.0.0.1:9000] }\napiGroups:\n';
for(let i=0;i<10000;i++) many+=`  - { name: g${i}, basePath: /g${i}, upstream: u }\n`;
const t=performance.now(); const r=checkDocument({text:many,origin:'g',revision:1},known);console.log('10k groups',Math.round(performance.now()-t),r.kind);
