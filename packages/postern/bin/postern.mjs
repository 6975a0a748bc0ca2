#!/usr/bin/env node
// Old Nodes must be able to parse this file: plain JavaScript, nothing newer than dynamic import().
// They would fail on the TypeScript behind it with a stack trace nobody understands.
const floor = { major: 22, minor: 18 };
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > floor.major || (major === floor.major && minor >= floor.minor)) {
  void import('../src/main.ts');
} else {
  console.error(
    `postern needs Node ${floor.major}.${floor.minor} or newer, this is ${process.version}: https://nodejs.org`,
  );
  process.exitCode = 1;
}
