export { stubPolicy as default } from './stub-policy.ts';
