import { readFileSync } from 'node:fs';
import { inAnswers } from './in-answers.ts';
import { inConsumers } from './in-consumers.ts';
import { inGroups } from './in-groups.ts';
import { inPolicies } from './in-policies.ts';
import { inLimits } from './in-limits.ts';
import { inServer } from './in-server.ts';
import { inTests } from './in-tests.ts';
import { inTransforms } from './in-transforms.ts';
import { inTokens } from './in-tokens.ts';
import { inUpstreams } from './in-upstreams.ts';
import { inYaml } from './in-yaml.ts';
import type { Mistake } from './mistake.ts';

/** Every mistake, by the part of the document it is made in. */
export const parts: readonly (readonly [part: string, mistakes: readonly Mistake[]])[] = [
  ['server', inServer],
  ['gateway and upstreams', inUpstreams],
  ['policies', inPolicies],
  ['transformations', inTransforms],
  ['tokens and rights', inTokens],
  ['limits', inLimits],
  ['answers and validation', inAnswers],
  ['consumers', inConsumers],
  ['API groups and routes', inGroups],
  ['tests and invariants', inTests],
  ['the notation', inYaml],
];

/** The document without a mistake. */
export const base = readFileSync(new URL('base.yaml', import.meta.url), 'utf8');
