import { Schema, definePlugin } from '@postern/kit';
import type { CompileContext, Handlers, Plugin } from '@postern/kit';
import { SERVER } from './gateway.ts';

/** A plugin of a test: `tag` tells its policies apart. */
export function pluginOf(name: string, compile: (tag: string, context: CompileContext) => Handlers): Plugin {
  return definePlugin({
    name,
    summary: 'A plugin of a test',
    config: Schema.Object({ tag: Schema.Optional(Schema.String()) }, { additionalProperties: false }),
    compile: ({ tag }, context) => compile(tag ?? '', context),
  });
}

/** A document that runs these policies, in order, in front of `target`. */
export function documentOf(target: string, policies: readonly string[], lists = ''): string {
  const names = policies.map((line) => /name: ([a-z0-9-]+)/.exec(line)?.[1] ?? '');
  return `${SERVER}
upstreams: [{ name: up, targets: ["${target}"] }]
policies:
${policies.map((line) => `  - { ${line} }`).join('\n')}
${lists}
apiGroups: [{ name: api, upstream: up, policies: [${names.join(', ')}] }]
`;
}
