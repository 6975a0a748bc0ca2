import type { CheckedPolicy, CompileContext, Finding, Plugin } from '@postern/model';
import { KeepStore } from './keep.ts';
import type { Instance, Outcomes } from './pipeline.ts';

/** What the rim lends to compiled policies: counters and the log. */
export interface PolicyHooks {
  counter(policy: CheckedPolicy, event: string): () => void;
  outcomes(policy: CheckedPolicy): Outcomes;
  write(policy: CheckedPolicy, record: Readonly<Record<string, unknown>>): void;
  /** An instance of the policy is about to be made; `release` says when it is closed, or was never finished. */
  retain?(policy: CheckedPolicy): void;
  release?(policy: CheckedPolicy): void;
}

/** A policy compiled, or every problem the plugin found with its config; warnings either way. */
export type CompiledPolicy =
  | { readonly kind: 'compiled'; readonly instance: Instance; readonly warnings: readonly Finding[] }
  | { readonly kind: 'refused'; readonly findings: readonly Finding[]; readonly warnings: readonly Finding[] };

interface Shared {
  readonly instance: Instance;
  readonly warnings: readonly Finding[];
  users: number;
}

/**
 * What snapshots of one cell share: instances of unchanged policies, counted by the snapshots that use them, and the state
 * that policies keep. Two gateways in one process have one each.
 */
export class Sharing {
  readonly #instances = new Map<string, Shared>();
  readonly #keeps = new KeepStore();
  readonly #hooks: PolicyHooks;

  constructor(hooks: PolicyHooks) {
    this.#hooks = hooks;
  }

  /** The instance for this policy, shared where its key is unchanged. Give it back with `release`. */
  acquire(policy: CheckedPolicy, plugin: Plugin): CompiledPolicy {
    const shared = this.#instances.get(policy.key);
    if (shared !== undefined) {
      shared.users += 1;
      return { kind: 'compiled', instance: shared.instance, warnings: shared.warnings };
    }
    const owner = ownerOf(policy);
    this.#keeps.retain(owner);
    this.#hooks.retain?.(policy);
    const compiled = this.#compile(policy, plugin);
    if (compiled.kind === 'refused') {
      this.#keeps.release(owner);
      this.#hooks.release?.(policy);
    } else this.#instances.set(policy.key, { instance: compiled.instance, warnings: compiled.warnings, users: 1 });
    return compiled;
  }

  /** Counts one user less; the last one closes the instance. */
  release(instance: Instance): void {
    const shared = this.#instances.get(instance.key);
    if (shared === undefined) return;
    shared.users -= 1;
    if (shared.users > 0) return;
    this.#instances.delete(instance.key);
    // A plugin's clean-up must not stop the others': what it throws has nobody to go to.
    void Promise.resolve()
      .then(() => instance.handlers.close?.())
      .catch(() => instance.outcomes.failed())
      .then(() => {
        this.#keeps.release(ownerOf(instance.policy));
        this.#hooks.release?.(instance.policy);
      });
  }

  #compile(policy: CheckedPolicy, plugin: Plugin): CompiledPolicy {
    const warnings: Finding[] = [];
    const context: CompileContext = {
      policy: policy.name,
      labels: policy.labels,
      keep: (key, create, dispose) => this.#keeps.keep(ownerOf(policy), key, { create, dispose }),
      warn: (finding) => void warnings.push({ ...finding, severity: 'warning' }),
      counter: (event) => this.#hooks.counter(policy, event),
      write: (record) => this.#hooks.write(policy, record),
    };
    try {
      const said = plugin.compile(policy.config, context);
      if (isFindings(said)) return { kind: 'refused', findings: said, warnings };
      const outcomes = this.#hooks.outcomes(policy);
      const instance: Instance = Object.freeze({
        key: policy.key,
        policy,
        handlers: said,
        owns: plugin.owns,
        outcomes,
      });
      return { kind: 'compiled', instance, warnings };
    } catch (error) {
      return { kind: 'refused', findings: [threw(plugin, error)], warnings };
    }
  }
}

function threw(plugin: Plugin, error: unknown): Finding {
  return {
    severity: 'error',
    code: 'plugin/compile-threw',
    path: [],
    message: `plugin ${plugin.name} failed to compile this config: ${error instanceof Error ? error.message : String(error)}`,
    fix: 'this is a mistake in the plugin, not in the document: report it to the author of the plugin',
  };
}

/** Kept state belongs to a name *and* its plugin: another plugin under the same name starts anew. */
function ownerOf(policy: CheckedPolicy): string {
  return `${policy.plugin}/${policy.name}`;
}

function isFindings(said: unknown): said is readonly Finding[] {
  return Array.isArray(said);
}
