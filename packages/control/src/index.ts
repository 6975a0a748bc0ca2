export { check } from './check.ts';
export type { CheckSettings } from './check-now.ts';
export { environmentOf } from './environment.ts';
export type { Variables } from './environment.ts';
export { follow } from './follow.ts';
export type { Control, Followed, FollowOptions } from './follow.ts';
export type { ControlLog } from './status.ts';
