import type { Attached, CheckedDocument, CheckedPolicy } from '@postern/model';
import type { Instance } from './pipeline.ts';

/** What invariants are judged by. */
export interface Facts {
  readonly document: CheckedDocument;
  /** By name. */
  readonly policies: ReadonlyMap<string, CheckedPolicy>;
  /** By name of the policy; of those that are enforced somewhere. */
  readonly instances: ReadonlyMap<string, Instance>;
}

/** What a list of policies has against an invariant: no guard that counts, or one that must not run. */
export interface Gap {
  readonly kind: 'lacks' | 'runs';
  readonly message: string;
  /** Why what is there does not count; empty or `: ...`. */
  readonly why: string;
  readonly fix: string;
}

/** Why a policy of a wanted plugin does not count, and what would make it. */
interface NearMiss {
  readonly message: string;
  readonly fix: string;
}

const MAX_SHOWN = 3;

/** What keeps a list from being guarded by one of these plugins; undefined when one guards it. Pure. */
export function gapOf(plugins: readonly string[], list: readonly Attached[], facts: Facts): Gap | undefined {
  const misses: NearMiss[] = [];
  let answering: Attached | undefined;
  for (const attached of list) {
    const policy = facts.policies.get(attached.policy);
    const instance = facts.instances.get(attached.policy);
    if (policy !== undefined && plugins.includes(policy.plugin)) {
      const miss = missOf(attached, policy, instance) ?? behind(attached, answering);
      if (miss === undefined) return undefined;
      misses.push(miss);
    }
    if (attached.mode === 'enforce' && instance?.answers !== false) answering ??= attached;
  }
  const here = new Set(list.map(({ policy }) => policy));
  const elsewhere = facts.document.policies.filter(({ name, plugin }) => plugins.includes(plugin) && !here.has(name));
  if (misses.length === 0) misses.push(...elsewhere.filter(({ mode }) => mode === 'off').map(isOff));
  const wanted = plugins.length === 1 ? `no ${plugins[0]} policy` : `no policy of ${plugins.join(' or ')}`;
  const shown = misses.slice(0, MAX_SHOWN).map(({ message }) => message);
  return {
    kind: 'lacks',
    message: `${wanted} guards it`,
    why: shown.length === 0 ? '' : `: ${shown.join('; ')}`,
    fix: misses[0]?.fix ?? attach(plugins, elsewhere),
  };
}

/** Policies of plugins that must not run, and run. Pure. */
export function whatRuns(plugins: readonly string[], list: readonly Attached[], facts: Facts): readonly Gap[] {
  return list.flatMap(({ policy: name, mode, level, place }): readonly Gap[] => {
    const plugin = facts.policies.get(name)?.plugin;
    if (plugin === undefined || mode !== 'enforce' || !plugins.includes(plugin)) return [];
    const message = `${name} of plugin ${plugin} runs here, by the ${level}'s list (line ${place.line})`;
    const below = level === 'route' ? '' : `, or write skip: [${name}] further in`;
    return [{ kind: 'runs', message, why: '', fix: `take ${name} out of the list on line ${place.line}${below}` }];
  });
}

function missOf({ mode, when }: Attached, policy: CheckedPolicy, instance: Instance | undefined): NearMiss | undefined {
  const { name } = policy;
  const shown = `${name} (line ${policy.place.line})`;
  if (mode === 'shadow') return { message: `${shown} is in shadow`, fix: `write mode: enforce for ${name}` };
  const [condition] = when;
  if (condition !== undefined) {
    const message = `${shown} runs only when ${condition.text}`;
    return { message, fix: `take the when on line ${condition.place.line} away` };
  }
  if (policy.onError === 'skip') {
    return { message: `${shown} is skipped when it fails`, fix: `write onError: refuse for ${name}` };
  }
  if (instance?.guards !== true) {
    const message = `${shown} lets everybody pass with its config`;
    return { message, fix: `give ${name} a config that refuses callers it does not know` };
  }
  // A body step does not run on a request without a body.
  if (instance.handlers.request !== undefined) return undefined;
  const message = `${shown} has no request step`;
  return { message, fix: `this is a mistake in the plugin ${policy.plugin}: report it to its author` };
}

function behind({ policy, place }: Attached, answering: Attached | undefined): NearMiss | undefined {
  if (answering === undefined) return undefined;
  const before = `${answering.policy} (line ${answering.place.line}) runs before ${policy} (line ${place.line})`;
  return {
    message: `${before} and can answer in the upstream's place`,
    fix: `put ${policy} before ${answering.policy}`,
  };
}

function isOff({ name, place }: CheckedPolicy): NearMiss {
  return { message: `${name} (line ${place.line}) is off`, fix: `write mode: enforce for ${name}, and attach it here` };
}

function attach(plugins: readonly string[], elsewhere: readonly CheckedPolicy[]): string {
  const [policy] = elsewhere;
  if (policy !== undefined) return `attach ${policy.name} in this list`;
  return `add a policy of plugin ${plugins.join(' or ')} and attach it in this list`;
}
