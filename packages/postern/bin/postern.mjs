#!/usr/bin/env node
import module from 'node:module';

// Old Nodes must be able to parse this file: plain JavaScript, nothing newer than dynamic import().
// They would fail on the TypeScript behind it with a stack trace nobody understands.
const floor = { major: 22, minor: 18 };
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > floor.major || (major === floor.major && minor >= floor.minor)) {
  // A command that prints one page should not compile the same thousand files each time. Coverage wants the real thing.
  if (process.env['NODE_V8_COVERAGE'] === undefined) module.enableCompileCache?.();
  void import('../src/main.ts');
} else {
  console.error(
    `postern needs Node ${floor.major}.${floor.minor} or newer, this is ${process.version}: https://nodejs.org`,
  );
  process.exitCode = 1;
}
