export { startAdmin } from './admin.ts';
export type { Admin, AdminOptions } from './admin.ts';
export type { AdminNode, StatusReport } from './status.ts';
