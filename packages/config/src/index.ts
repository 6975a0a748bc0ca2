export { checkDocument } from './check.ts';
export { issueCodes } from './codes.ts';
export { documentSchema } from './document-schema.ts';
export { inDocumentOrder, locate } from './issue.ts';
export type { Environment, Known } from './known.ts';
export { withoutIgnored } from './lint/ignored.ts';
export { lint, lintRules } from './lint/lint.ts';
export { plainDocument } from './plain-document.ts';
export { parseDuration, parseSize } from './units.ts';
