import { freeze } from '@postern/config';
import type {
  Attached,
  Budget,
  Budgets,
  BudgetTerms,
  CheckedPolicy,
  CompileContext,
  Consumer,
  Finding,
  KnownConsumer,
  Plugin,
  Wish,
} from '@postern/model';
import { readResult } from './compile-result.ts';
import { ExactBudgets } from './exact-budgets.ts';
import { KeepStore } from './keep.ts';
import type { Instance, Outcomes } from './pipeline.ts';
import { conditionOf, textOf } from './read-expressions.ts';

/** What the rim lends to compiled policies: counters and the log. */
export interface PolicyHooks {
  counter(policy: CheckedPolicy, event: string): () => void;
  outcomes(policy: CheckedPolicy, mode: Attached['mode']): Outcomes;
  write(policy: CheckedPolicy, record: Readonly<Record<string, unknown>>): void;
  /** What counts for budgets; absent: this process alone. */
  readonly budgets?: Budgets | undefined;
  /** An instance of the policy is about to be made; `release` says when it is closed, or was never finished. */
  retain?(policy: CheckedPolicy): void;
  release?(policy: CheckedPolicy): void;
}

/** A policy compiled, or every problem the plugin found with its config; warnings either way. */
export type CompiledPolicy =
  | { readonly kind: 'compiled'; readonly instance: Instance; readonly warnings: readonly Finding[] }
  | { readonly kind: 'refused'; readonly findings: readonly Finding[]; readonly warnings: readonly Finding[] };

/** What a policy is compiled for. */
export interface Around {
  readonly mode: Attached['mode'];
  /** The consumers that have credentials for its plugin; what they come to is a part of the policy's key. */
  readonly consumers: readonly KnownConsumer[];
  /** All consumers of the document. */
  readonly named: ReadonlyMap<string, Consumer>;
}

interface Shared {
  readonly instance: Instance;
  readonly warnings: readonly Finding[];
  /** Whose state in the keep store it uses. */
  readonly owner: string;
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
  readonly #budgets: Budgets;

  constructor(hooks: PolicyHooks) {
    this.#hooks = hooks;
    this.#budgets = hooks.budgets ?? new ExactBudgets();
  }

  /** The instance for this policy in this mode, shared where its key is unchanged. Give it back with `release`. */
  acquire(policy: CheckedPolicy, plugin: Plugin, { mode, consumers, named }: Around): CompiledPolicy {
    const key = `${mode} ${policy.key}`;
    const shared = this.#instances.get(key);
    if (shared !== undefined) {
      shared.users += 1;
      return { kind: 'compiled', instance: shared.instance, warnings: shared.warnings };
    }
    const owner = ownerOf(policy, mode);
    this.#keeps.retain(owner);
    this.#hooks.retain?.(policy);
    const compiled = this.#compile({ policy, mode, consumers, named, key, owner }, plugin);
    if (compiled.kind === 'refused') {
      this.#keeps.release(owner);
      this.#hooks.release?.(policy);
    } else this.#instances.set(key, { instance: compiled.instance, warnings: compiled.warnings, owner, users: 1 });
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
        this.#keeps.release(shared.owner);
        this.#hooks.release?.(instance.policy);
      });
  }

  #budget(counter: string, name: string, terms: BudgetTerms): Budget {
    return Object.freeze({
      name,
      counter,
      terms: freeze({ ...terms }),
      draw: (wish: Wish) => this.#budgets.draw(counter, wish),
    });
  }

  #compile({ policy, mode, consumers, named, key, owner }: Wanted, plugin: Plugin): CompiledPolicy {
    const shadow = mode === 'shadow';
    const warnings: Finding[] = [];
    const context: CompileContext = {
      policy: policy.name,
      labels: freeze(policy.labels),
      shadow,
      consumers,
      consumer: (name) => named.get(name),
      keep: (name, create, dispose) => this.#keeps.keep(owner, name, { create, dispose }),
      budget: (name, terms) => this.#budget(`${owner}/${name}`, name, terms),
      condition: conditionOf,
      text: textOf,
      warn: (finding) => void warnings.push({ ...finding, severity: 'warning' }),
      counter: (event) => this.#hooks.counter(policy, event),
      write: (record) => this.#hooks.write(policy, shadow ? { ...record, shadow } : record),
    };
    Object.freeze(context);
    try {
      // Frozen where the document was checked, but what came over a wire from another thread or process is not.
      const said = readResult(plugin, plugin.compile(freeze(policy.config), context));
      if (said.kind === 'findings') return { kind: 'refused', findings: said.findings, warnings };
      const outcomes = this.#hooks.outcomes(policy, mode);
      const instance: Instance = Object.freeze({
        key,
        policy,
        handlers: said.handlers,
        owns: plugin.owns,
        guards: plugin.guards(policy.config),
        answers: plugin.answers?.(policy.config) ?? true,
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

/** What is to be compiled, under which key it is shared, and who owns what it keeps. */
interface Wanted extends Around {
  readonly policy: CheckedPolicy;
  readonly key: string;
  readonly owner: string;
}

/**
 * Kept state belongs to a name *and* its plugin: another plugin under the same name starts anew. A shadow has state of its
 * own: a rate limit that is tried on one route must not empty the bucket that counts on another.
 */
function ownerOf(policy: CheckedPolicy, mode: Attached['mode']): string {
  return mode === 'shadow' ? `${policy.plugin}/${policy.name}/shadow` : `${policy.plugin}/${policy.name}`;
}
