import { locate } from '@postern/config';
import type { Attached, CheckedPolicy, Issue, Plugin } from '@postern/model';
import type { KnownConsumers } from './known-consumers.ts';
import type { Instance } from './pipeline.ts';
import type { Sharing } from './sharing.ts';

/** A policy of this document with its instance, which an earlier document may have made from other lines. */
export interface CompiledPolicy {
  readonly policy: CheckedPolicy;
  readonly instance: Instance;
}

/**
 * The instances of one snapshot: of a policy that runs enforced on one route and in shadow on another there are two, so that
 * what the shadow does to its state (a bucket of a rate limit, a cache) reaches no answer.
 */
export class Instances {
  readonly #policies: ReadonlyMap<string, CheckedPolicy>;
  readonly #plugins: ReadonlyMap<string, Plugin>;
  readonly #sharing: Sharing;
  readonly #known: KnownConsumers;
  readonly #compiled = new Map<string, CompiledPolicy | undefined>();
  readonly #reported = new Set<string>();
  readonly issues: Issue[] = [];

  constructor(parts: {
    readonly policies: readonly CheckedPolicy[];
    readonly plugins: ReadonlyMap<string, Plugin>;
    readonly sharing: Sharing;
    readonly known: KnownConsumers;
  }) {
    this.#policies = new Map(parts.policies.map((policy) => [policy.name, policy]));
    this.#plugins = parts.plugins;
    this.#sharing = parts.sharing;
    this.#known = parts.known;
  }

  /** The policy compiled for that mode, now or before. Undefined when its plugin is not there or refuses its config. */
  of(name: string, mode: Attached['mode']): CompiledPolicy | undefined {
    const key = `${mode} ${name}`;
    if (!this.#compiled.has(key)) this.#compiled.set(key, this.#compile(name, mode));
    return this.#compiled.get(key);
  }

  release(): void {
    for (const compiled of this.#compiled.values()) {
      if (compiled !== undefined) this.#sharing.release(compiled.instance);
    }
  }

  #compile(name: string, mode: Attached['mode']): CompiledPolicy | undefined {
    const policy = this.#policies.get(name);
    const plugin = policy === undefined ? undefined : this.#plugins.get(policy.plugin);
    if (policy === undefined || plugin === undefined) return undefined;
    const { byPlugin, byName } = this.#known;
    const consumers = byPlugin.get(plugin.name) ?? [];
    const said = this.#sharing.acquire(policy, plugin, { mode, consumers, named: byName });
    // The same config has the same issues in either mode: they are said once.
    const first = !this.#reported.has(name);
    this.#reported.add(name);
    if (first) this.issues.push(...locate(said.warnings, policy));
    if (said.kind === 'compiled') return { policy, instance: said.instance };
    if (first) this.issues.push(...locate(said.findings, policy));
    return undefined;
  }
}
