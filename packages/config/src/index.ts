export { checkDocument } from './check.ts';
export { issueCodes } from './codes.ts';
export { documentSchema } from './document-schema.ts';
export { locate } from './issue.ts';
export type { Environment, Known } from './known.ts';
export { plainDocument } from './plain-document.ts';
export { holdsPiece, secretsOf } from './redact.ts';
export { parseDuration, parseSize } from './units.ts';
