// A bench with one process that has a child, waiting to be killed.
import { Children } from '../../bench/run/children.ts';

const { pid, folder } = new Children().start('one', { command: 'bash', words: ['-c', 'sleep 60; true'], files: {} });
process.stdout.write(JSON.stringify({ pid, folder }));
setInterval(() => undefined, 1000);
