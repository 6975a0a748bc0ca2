import type {
  CompileContext,
  CompileResult,
  Finding,
  HeaderWrites,
  KnownConsumer,
  Plugin,
  Trait,
} from '@postern/model';
import { fits } from '@postern/schema';
import type { Static, TObject, TProperties } from '@postern/schema';

/** The version of the kit. */
export const KIT_VERSION = '0.1.0';

/** What `compile` gets beside the config; credentials have the shape of the plugin's schema. */
export interface PluginContext<Credential> extends CompileContext {
  readonly consumers: readonly KnownConsumer<Credential>[];
}

/** A plugin as its author writes it; `config` and `credential` below are inferred from the schemas. */
export interface PluginDefinition<Config extends TProperties, Credential extends TProperties = TProperties> {
  /** `[a-z0-9][a-z0-9-]*`; what documents write as `plugin:`. */
  readonly name: string;
  readonly summary: string;
  /** True: only the narrowest attached policy of this plugin runs on a route. Default false. */
  readonly single?: boolean;
  /** Lower-case prefixes of response headers that only this plugin may edit where it is attached. Default none. */
  readonly owns?: readonly string[];
  /** True: `compile` may return a preflight step. Default false; its policies then take no `when`. */
  readonly preflight?: boolean;
  readonly config: TObject<Config>;
  /** What one credential of a consumer is, for a plugin that identifies callers. Default: it knows no consumers. */
  readonly credential?: TObject<Credential>;
  /**
   * What must be different in all credentials, in a word that shows no secret: two consumers with one are an issue. Default: any
   * number of consumers may have the same.
   */
  credentialId?(credential: Static<TObject<Credential>>): string | undefined;
  /**
   * What is wrong with one credential beyond its schema: a digest that is none. Paths are relative to the credential; messages
   * show nothing of its values. Not asked where a reference in it could not be resolved. Default: nothing.
   */
  credentialFindings?(credential: Static<TObject<Credential>>): readonly Finding[];
  /** Versions of the kit that it works with, as npm writes ranges. Default: those compatible with the one that it was built with. */
  readonly kit?: string;
  /**
   * Whether a policy with this config refuses callers that are not identified or allowed: in its request step, whatever
   * the request looks like. That is what `require` counts. Default: never.
   */
  guards?(config: Static<TObject<Config>>): boolean;
  /**
   * Whether a request step with this config may answer in the upstream's place (`respond`); refusals and answers to
   * preflights are none. No guard behind such a policy counts. Default: it may. One that says no and responds all the
   * same is treated as broken.
   */
  answers?(config: Static<TObject<Config>>): boolean;
  /**
   * Headers, of requests or answers, that carry credentials under this config. Decisions show and keep them as `(hidden)`;
   * `Authorization`, `Proxy-Authorization`, `Cookie` and `Set-Cookie` always are. Default: none.
   */
  credentials?(config: Static<TObject<Config>>): readonly string[];
  /** What a policy of this plugin, or one with this config, is for: what lint knows of it. Default: nothing. */
  readonly traits?: readonly Trait[] | ((config: Static<TObject<Config>>) => readonly Trait[]);
  /** Headers that a policy with this config sets or removes, in lower case. Default: none. */
  writes?(config: Static<TObject<Config>>): HeaderWrites;
  /** Runs once per snapshot; throws nothing: returns the steps or every problem with the config. */
  compile(config: Static<TObject<Config>>, context: PluginContext<Static<TObject<Credential>>>): CompileResult;
}

/** Makes a plugin of a definition: the config type is erased at this door, and checked before `compile` sees it. */
export function definePlugin<Config extends TProperties, Credential extends TProperties = TProperties>(
  definition: PluginDefinition<Config, Credential>,
): Plugin {
  const { credential } = definition;
  return Object.freeze({
    name: definition.name,
    summary: definition.summary,
    single: definition.single ?? false,
    owns: definition.owns ?? [],
    preflight: definition.preflight ?? false,
    config: definition.config,
    credential,
    kit: definition.kit ?? `^${KIT_VERSION}`,
    credentialId(shown: unknown): string | undefined {
      return credential !== undefined && fits(credential, shown) ? definition.credentialId?.(shown) : undefined;
    },
    credentialFindings(shown: unknown): readonly Finding[] {
      return credential !== undefined && fits(credential, shown) ? (definition.credentialFindings?.(shown) ?? []) : [];
    },
    compile(config: unknown, context: CompileContext): CompileResult {
      if (!fits(definition.config, config)) return [unchecked(definition.name)];
      const consumers = context.consumers.flatMap(({ consumer, credential: shown }) =>
        credential !== undefined && fits(credential, shown) ? [{ consumer, credential: shown }] : [],
      );
      return definition.compile(config, { ...context, consumers });
    },
    guards(config: unknown): boolean {
      return fits(definition.config, config) && (definition.guards?.(config) ?? false);
    },
    answers(config: unknown): boolean {
      return !fits(definition.config, config) || (definition.answers?.(config) ?? true);
    },
    credentials(config: unknown): readonly string[] {
      return fits(definition.config, config) ? (definition.credentials?.(config) ?? []) : [];
    },
    traits(config: unknown): readonly Trait[] {
      const { traits = [] } = definition;
      if (typeof traits !== 'function') return traits;
      return fits(definition.config, config) ? traits(config) : [];
    },
    writes(config: unknown): HeaderWrites {
      return (fits(definition.config, config) ? definition.writes?.(config) : undefined) ?? {};
    },
  });
}

/** Documents are checked before they reach `compile`, with better words: this is for callers that skip the way. */
function unchecked(name: string): Finding {
  return problem({
    path: [],
    code: 'plugin/config',
    message: `the config does not fit the schema of plugin ${name}`,
    fix: 'check the document first',
  });
}

/** An error about a value of the config. `path` leads from the config's root to the value. */
export function problem(found: Omit<Finding, 'severity'>): Finding {
  return { severity: 'error', ...found };
}
