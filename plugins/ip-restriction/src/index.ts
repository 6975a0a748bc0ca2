export { ipRestriction as default } from './ip-restriction.ts';
