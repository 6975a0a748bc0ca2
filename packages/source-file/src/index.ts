export { fileSource } from './file-source.ts';
export { watchFiles } from './watch-files.ts';
