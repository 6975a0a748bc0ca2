export { check } from './check.ts';
export type { CheckSettings } from './check-now.ts';
export { digestOf } from './digest.ts';
export { unreadableIssue } from './document-issue.ts';
export { environmentOf } from './environment.ts';
export type { Variables } from './environment.ts';
export { follow } from './follow.ts';
export type { Control, Followed, FollowOptions } from './follow.ts';
export { warmUp } from './warm-up.ts';
