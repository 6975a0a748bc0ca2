import type { Place } from './issue.ts';
import type { Absent, Attached, Labels } from './policy.ts';

/** A known caller. */
export interface Consumer {
  readonly name: string;
  readonly labels: Labels;
}

/** A consumer with one of the credentials that the document gives it for one plugin. */
export interface KnownConsumer<Credential = unknown> {
  readonly consumer: Consumer;
  /** Checked against the plugin's `credential` schema. */
  readonly credential: Credential;
}

/**
 * What an issuer says of a caller in a token that was verified: plain data of JSON without prototypes, frozen. Names come from
 * outside: read them with `Object.hasOwn`, or through `claimText`.
 */
export type Claims = Readonly<Record<string, unknown>>;

/** One credential of a consumer, as the document has it. */
export interface CheckedCredential {
  readonly value: unknown;
  readonly place: Place;
  /** JSON pointer in the document. */
  readonly pointer: string;
  /** False when a reference in it could not be resolved here. */
  readonly resolved: boolean;
}

/** A consumer of a document: who it is, how it is known, and the policies that run once it is. */
export interface CheckedConsumer extends Consumer {
  /** By plugin. */
  readonly credentials: Readonly<Record<string, readonly CheckedCredential[]>>;
  /** What runs right after the policy that identified it; conditions on group and route are asked at run time. */
  readonly pipeline: readonly Attached[];
  /** What its list names that does not run. */
  readonly absent: readonly Absent[];
  /** Values of the credentials that came from `${...}`: decisions and logs show none of them. */
  readonly secrets: readonly string[];
  readonly place: Place;
}

/** A claim as text: texts as they are, numbers and truths in decimal and words, lists joined by a space; undefined for others. */
export function claimText(claims: Claims | undefined, name: string): string | undefined {
  if (claims === undefined || !Object.hasOwn(claims, name)) return undefined;
  const value = claims[name];
  if (!Array.isArray(value)) return scalarText(value);
  const texts = value.map(scalarText);
  return texts.includes(undefined) ? undefined : texts.join(' ');
}

/**
 * Whether a claim holds a word: a list has it as a member, a text among its words, which spaces part (RFC 6749 section 3.3:
 * scope).
 */
export function claimHas(claims: Claims | undefined, name: string, word: string): boolean {
  if (claims === undefined || !Object.hasOwn(claims, name)) return false;
  const value = claims[name];
  if (Array.isArray(value)) return value.some((member) => scalarText(member) === word);
  return scalarText(value)?.split(' ').includes(word) ?? false;
}

function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
