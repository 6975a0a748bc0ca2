import type { CheckedConsumer } from './consumer.ts';
import type { Issue } from './issue.ts';
import type { CheckedGroup } from './group.ts';
import type { Absent, Attached, CheckedPolicy } from './policy.ts';
import type { PolicyTest } from './policy-test.ts';
import type { Requirement } from './requirement.ts';
import type { ServerSection } from './server-section.ts';
import type { CheckedUpstream } from './upstream.ts';

/** One text of configuration with its origin: what issues and `where` name as the file. */
export interface SourceText {
  readonly text: string | Uint8Array;
  readonly origin: string;
  /** Rises with every text of one source. */
  readonly revision: number;
  /** How it came here when not the usual way, for people: `the last good file, 3 h old`. */
  readonly via?: string | undefined;
}

/**
 * A document after parse, validate, attach and order: closed, resolved, every name known. Plain data that crosses
 * threads and processes as it is.
 */
export interface CheckedDocument {
  readonly origin: string;
  readonly server: ServerSection;
  /** The gateway's own list: runs for a request that no group takes. */
  readonly gateway: readonly Attached[];
  /** What that list names that does not run. */
  readonly gatewayAbsent: readonly Absent[];
  /** Invariants of the live section; `server.require` holds beside them. */
  readonly require: readonly Requirement[];
  readonly upstreams: readonly CheckedUpstream[];
  readonly policies: readonly CheckedPolicy[];
  readonly groups: readonly CheckedGroup[];
  readonly consumers: readonly CheckedConsumer[];
  /** Those beside the policies, in document order, then those of the document. */
  readonly tests: readonly PolicyTest[];
  readonly warnings: readonly Issue[];
}

/** A checked document on its way to the cell, with the identity it will serve under. */
export interface Candidate {
  readonly document: CheckedDocument;
  readonly revision: number;
  /** SHA-256 of the text, in hex. */
  readonly digest: string;
}
