import type { SourceText } from '@postern/model';
import type { Setting } from './trial.ts';

/** Names in the document of a trial. */
export const POLICY = 'policy';
export const CALLER = 'caller';
export const HOST = 'gateway.test';

/** The document that a plugin is tried in: one route to one upstream, on which one policy of it runs. Pure. */
export function toDocument(plugin: string, setting: Setting): SourceText {
  const { config, consumers = [], labels = {}, mode = 'enforce', path = '/*', caller, timeout } = setting;
  const policies = [
    ...(caller === undefined ? [] : [{ name: CALLER, plugin: CALLER }]),
    {
      name: POLICY,
      plugin,
      labels,
      mode,
      ...(timeout === undefined ? {} : { timeout }),
      ...(config === undefined ? {} : { config }),
    },
  ];
  const document = {
    upstreams: [{ name: 'upstream', targets: ['http://upstream.test'] }],
    policies,
    consumers: consumers.map(({ name, labels: own = {}, credentials = [] }) => ({
      name,
      labels: own,
      ...(credentials.length === 0 ? {} : { credentials: { [plugin]: credentials } }),
    })),
    apiGroups: [
      {
        name: 'group',
        upstream: 'upstream',
        policies: policies.map(({ name }) => name),
        routes: [{ name: 'route', path }],
      },
    ],
  };
  return { text: JSON.stringify(document, null, 2), origin: 'test.json', revision: 1 };
}
