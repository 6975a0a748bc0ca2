import type { Mistake } from './mistake.ts';

export const inConsumers: readonly Mistake[] = [
  ['typo in a key', 'consumers:\n', '‸consumer:\n', 'consumers'],
  ['typo in a key', '    credentials: {}', '    ‸credential: {}', 'credentials'],
  ['typo in a key', '    policies:\n      - partner-tag', '    ‸polices:\n      - partner-tag', 'policies'],
  ['word for another key', 'consumers:\n', '‸users:\n', 'consumers'],
  ['word for another key', '    credentials: {}', '    ‸keys: {}', 'credentials'],
  ['wrong name', '    policies:\n      - partner-tag', '    policies:\n      - ‸partner-tags', 'partner-tag'],
  ['wrong name', '    policies:\n      - partner-tag', '    policies:\n      - ‸inherit', 'remove'],
  ['wrong name', '    policies:\n      - partner-tag', '    policies:\n      - ‸web-cors', 'API group'],
  ['wrong name', '    credentials: {}', '    credentials: { ‸cors: [] }', 'key-auth'],
  ['wrong name', '    credentials: {}', '    credentials: { ‸key-atuh: [] }', 'key-auth'],
  ['wrong name', '      basic-auth: [{ username', '      ‸basic-auht: [{ username', 'basic-auth'],
  ['wrong type', '    credentials: {}', '    credentials: ‸[]', 'map'],
  ['bad value', '  - name: partner-a\n', '  - name: ‸Partner A\n', 'partner-a'],
  ['missing key', '  - name: partner-a\n    labels: { level: gold }', '  - ‸labels: { level: gold }', 'name'],
];
