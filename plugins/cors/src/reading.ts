import type { RE2JS } from 're2js';
import type { Remark } from './report.ts';

/** One entry of an origin list, ready to be matched. */
export type Pattern =
  | { readonly kind: 'any' }
  | { readonly kind: 'exact'; readonly origin: string }
  /** One host on whatever port; `base` is `scheme://host`. */
  | { readonly kind: 'any-port'; readonly base: string }
  /** One or more labels in front of `suffix`; an empty suffix takes every host. `port` is empty, digits or `*`. */
  | { readonly kind: 'wildcard'; readonly scheme: string; readonly suffix: string; readonly port: string }
  | { readonly kind: 'regex'; readonly regex: RE2JS };

/** What became of an entry: a pattern and what its author should know, or why it is none. */
export type Reading =
  | { readonly kind: 'pattern'; readonly pattern: Pattern; readonly warnings: readonly Remark[] }
  | { readonly kind: 'refused'; readonly remark: Remark };

/** The entry is a pattern. */
export function accept(pattern: Pattern, warnings: readonly Remark[] = []): Reading {
  return { kind: 'pattern', pattern, warnings };
}

/** The entry is none. `code` without the plugin's name. */
export function reject(code: string, message: string, fix: string): Reading {
  return { kind: 'refused', remark: { code: `cors/${code}`, message, fix } };
}
