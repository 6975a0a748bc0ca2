import { freeze } from '@postern/config';
import type { CheckedConsumer, CheckedCredential, Consumer, Issue, KnownConsumer, Plugin } from '@postern/model';

/** The consumers of a document as plugins get them, and what is wrong with two of them together. */
export interface KnownConsumers {
  /** By plugin. */
  readonly byPlugin: ReadonlyMap<string, readonly KnownConsumer[]>;
  readonly issues: readonly Issue[];
}

/** Sorts the credentials of all consumers by plugin. Two that one request could show at once are an issue. Pure. */
export function knownConsumers(
  consumers: readonly CheckedConsumer[],
  plugins: ReadonlyMap<string, Plugin>,
): KnownConsumers {
  const byPlugin = new Map<string, KnownConsumer[]>();
  const issues: Issue[] = [];
  const taken = new Map<string, Taken>();
  for (const { name, labels, credentials } of consumers) {
    const consumer: Consumer = freeze({ name, labels });
    for (const [plugin, own] of Object.entries(credentials)) {
      const list = byPlugin.get(plugin) ?? [];
      byPlugin.set(plugin, list);
      for (const [index, credential] of own.entries()) {
        list.push({ consumer, credential: freeze(credential.value) });
        const id = credential.resolved ? plugins.get(plugin)?.credentialId?.(credential.value) : undefined;
        if (id === undefined) continue;
        const before = taken.get(`${plugin} ${id}`);
        if (before === undefined) taken.set(`${plugin} ${id}`, { name, credential });
        else issues.push(sameCredential({ name, plugin, index, credential }, before));
      }
    }
  }
  return { byPlugin, issues };
}

interface Taken {
  readonly name: string;
  readonly credential: CheckedCredential;
}

function sameCredential(second: Taken & { readonly plugin: string; readonly index: number }, first: Taken): Issue {
  const { name, plugin, index, credential } = second;
  const whose = first.name === name ? 'this consumer has it already' : `${JSON.stringify(first.name)} has it too`;
  return {
    severity: 'error',
    code: 'consumers/same-credential',
    message: `consumers.${name}.credentials.${plugin}[${index}]: ${whose}, on line ${first.credential.place.line}: a credential names one caller`,
    ...credential.place,
    pointer: credential.pointer,
    fix: 'give each consumer credentials of its own',
  };
}
