import { freeze } from '@postern/config';
import type {
  CheckedConsumer,
  CheckedCredential,
  Consumer,
  Finding,
  Issue,
  KnownConsumer,
  Plugin,
} from '@postern/model';

/** The consumers of a document as plugins get them, and what is wrong with their credentials. */
export interface KnownConsumers {
  /** By plugin. */
  readonly byPlugin: ReadonlyMap<string, readonly KnownConsumer[]>;
  readonly byName: ReadonlyMap<string, Consumer>;
  readonly issues: readonly Issue[];
}

/** Sorts the credentials of all consumers by plugin. Two that one request could show at once are an issue. Pure. */
export function knownConsumers(
  consumers: readonly CheckedConsumer[],
  plugins: ReadonlyMap<string, Plugin>,
): KnownConsumers {
  const byPlugin = new Map<string, KnownConsumer[]>();
  const byName = new Map<string, Consumer>();
  const issues: Issue[] = [];
  const taken = new Map<string, Taken>();
  for (const { name, labels, credentials } of consumers) {
    const consumer: Consumer = freeze({ name, labels });
    byName.set(name, consumer);
    for (const [plugin, own] of Object.entries(credentials)) {
      const list = byPlugin.get(plugin) ?? [];
      byPlugin.set(plugin, list);
      for (const [index, credential] of own.entries()) {
        list.push({ consumer, credential: freeze(credential.value) });
        if (!credential.resolved) continue;
        const code = plugins.get(plugin);
        const standing = { name, plugin, index, credential };
        for (const finding of code?.credentialFindings?.(credential.value) ?? [])
          issues.push(toIssue(finding, standing));
        const id = code?.credentialId?.(credential.value);
        if (id === undefined) continue;
        const before = taken.get(`${plugin} ${id}`);
        if (before === undefined) taken.set(`${plugin} ${id}`, { name, credential });
        else issues.push(sameCredential(standing, before));
      }
    }
  }
  return { byPlugin, byName, issues };
}

interface Taken {
  readonly name: string;
  readonly credential: CheckedCredential;
}

/** A credential with where it stands. */
interface Standing extends Taken {
  readonly plugin: string;
  readonly index: number;
}

function sameCredential(second: Standing, first: Taken): Issue {
  const whose =
    first.name === second.name ? 'this consumer has it already' : `${JSON.stringify(first.name)} has it too`;
  return toIssue(
    {
      severity: 'error',
      code: 'consumers/same-credential',
      path: [],
      message: `${whose}, on line ${first.credential.place.line}: a credential names one caller`,
      fix: 'give each consumer credentials of its own',
    },
    second,
  );
}

function toIssue(
  { severity, code, path, message, fix }: Finding,
  { name, plugin, index, credential }: Standing,
): Issue {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
  return {
    severity,
    code,
    message: `consumers.${name}.credentials.${plugin}[${index}]${steps}: ${message}`,
    ...credential.place,
    pointer: credential.pointer + path.map((step) => `/${step}`).join(''),
    fix,
  };
}
