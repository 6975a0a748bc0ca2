import type { CheckedDocument, Finding, Issue, PluginFacts, Result } from '@postern/model';
import { formatIssue } from '@postern/model';
import { Schema } from '@postern/schema';
import { checkDocument } from '../src/index.ts';
import type { Known } from '../src/index.ts';

const closed = { additionalProperties: false };

/** Plugins that only have facts: stage 1 never runs one. */
export const plugins: ReadonlyMap<string, PluginFacts> = new Map(
  [
    {
      name: 'cors',
      summary: 'CORS',
      single: true,
      owns: ['access-control-'],
      preflight: true,
      config: Schema.Object(
        {
          allowOrigins: Schema.Optional(Schema.Array(Schema.String())),
          allowCredentials: Schema.Optional(Schema.Boolean()),
          maxAge: Schema.Optional(Schema.Integer({ minimum: 0 })),
        },
        closed,
      ),
    },
    { name: 'ids', summary: 'Ids', single: false, owns: [], preflight: false, config: Schema.Object({}) },
    {
      name: 'limit',
      summary: 'Limits',
      single: false,
      owns: [],
      preflight: false,
      config: Schema.Object({
        limit: Schema.Integer({ minimum: 1 }),
        headers: Schema.Optional(Schema.Record(Schema.String(), Schema.String())),
      }),
    },
    {
      name: 'keys',
      summary: 'Keys',
      single: false,
      owns: [],
      preflight: false,
      config: Schema.Object({}),
      credential: Schema.Object({ key: Schema.String({ secret: true, description: 'Key.' }) }),
    },
  ].map((plugin) => [plugin.name, plugin]),
);

/** What the tests' documents are checked against. */
const known: Known = {
  plugins,
  environment: {
    variable: (name) => (name === 'SECRET' ? 's3cr3t' : undefined),
    file: (path) => (path === 'key.txt' ? 's3cr3t\r\n' : undefined),
  },
  unresolved: 'error',
};

/** Checks a text against the fake plugins. */
export function check(text: string | Uint8Array, changes: Partial<Known> = {}): Result<CheckedDocument> {
  return checkDocument({ text, origin: 'gateway.yaml', revision: 1 }, { ...known, ...changes });
}

/** The document, or a failure that shows why there is none. */
export function accepted(text: string | Uint8Array, changes: Partial<Known> = {}): CheckedDocument {
  const result = check(text, changes);
  if (result.kind === 'accepted') return result.value;
  throw new Error(result.issues.map(formatIssue).join('\n'));
}

/** The issues of a document that is refused. */
export function refused(text: string | Uint8Array, changes: Partial<Known> = {}): readonly Issue[] {
  const result = check(text, changes);
  if (result.kind === 'refused') return result.issues;
  throw new Error('the document was accepted');
}

/** An error of a plugin's compile. */
export function finding(path: Finding['path'], message: string): Finding {
  return { severity: 'error', code: 'test/code', path, message, fix: '' };
}

/** The least that is a document, for tests that add to it. */
export const MINIMAL = `
upstreams: [{ name: shop, builtin: echo }]
apiGroups: [{ name: storefront, upstream: shop }]
`;
