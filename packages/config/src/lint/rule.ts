import type {
  Attached,
  CheckedDocument,
  CheckedGroup,
  CheckedPolicy,
  CheckedRoute,
  Handlers,
  HeaderWrites,
  Place,
  Plugin,
  Trait,
} from '@postern/model';

/** What lint knows of a policy: what its plugin says it is for, and whether it answers preflights. */
export type LintTrait = Trait | 'preflight';

/** What lint looks at: a document that was accepted, the plugins it names, and the steps that they compiled to. */
export interface Linted {
  readonly document: CheckedDocument;
  readonly plugins: ReadonlyMap<string, Pick<Plugin, 'preflight' | 'traits' | 'writes'>>;
  /** By policy; a policy that is attached nowhere may be missing. */
  readonly handlers: ReadonlyMap<string, Handlers>;
}

/** One enforced policy in one pipeline, with what its plugin says of it. */
export interface LintedUse {
  readonly attached: Attached;
  readonly policy: CheckedPolicy;
  readonly traits: ReadonlySet<LintTrait>;
  readonly writes: HeaderWrites;
  readonly handlers: Handlers | undefined;
}

/** One ordered list of enforced policies, and where it runs. */
export interface LintedPipeline {
  readonly uses: readonly LintedUse[];
  /** Undefined: the gateway's own list. */
  readonly group: CheckedGroup | undefined;
  /** The routes that bound what it sees; none: any request. */
  readonly routes: readonly CheckedRoute[];
}

/** A document as rules see it. */
export interface LintSubject {
  readonly document: CheckedDocument;
  readonly pipelines: readonly LintedPipeline[];
}

/** What a rule has to say about one place. */
export interface LintRemark {
  readonly place: Place;
  readonly pointer: string;
  readonly message: string;
  readonly fix: string;
}

/** One rule: a pure function over the document, linear in it. Its section in `docs/lint.md` has the same code. */
export interface LintRule {
  readonly code: `lint/${string}`;
  readonly summary: string;
  check(subject: LintSubject): Iterable<LintRemark>;
}
