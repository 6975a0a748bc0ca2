// Installs the dependencies when node_modules does not match package-lock.json, and only then.
// Plain JavaScript on builtins: it is what runs on a fresh machine, on any Node from 18 on. It is called by
// the scripts themselves and not as a `pre*` script, because those are skipped where `ignore-scripts` is set.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = `${root}node_modules/.bin/`;
// npm waits ten seconds, then a minute, when the registry does not answer: too long without a word.
const retries = ['--fetch-retry-mintimeout=2000', '--fetch-retry-maxtimeout=8000'];
const ci = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', ...retries];

/** @typedef {{ version?: string, integrity?: string, link?: boolean, resolved?: string, optional?: boolean,
 *   os?: string | string[], cpu?: string | string[], libc?: string | string[] }} Locked */

/** @returns {Record<string, Locked> | undefined} the packages of a lock file, undefined when there is none to read */
function readLock(/** @type {string} */ file) {
  try {
    return JSON.parse(readFileSync(root + file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** glibc or musl; read without the report's network part, which may wait for name servers. */
function libc() {
  if (process.platform !== 'linux') return 'none';
  Object.assign(process.report, { excludeNetwork: true });
  const report = Object(process.report.getReport());
  return report.header?.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}

/** Whether this machine takes an optional package. One that names no platform belongs to one that does: never asked for. */
function wanted(/** @type {Locked} */ entry) {
  const takes = (/** @type {string | string[] | undefined} */ names, /** @type {() => string} */ mine) =>
    names === undefined || [names].flat().includes(mine());
  return (
    (entry.os !== undefined || entry.cpu !== undefined) &&
    takes(entry.os, () => process.platform) &&
    takes(entry.cpu, () => process.arch) &&
    takes(entry.libc, libc)
  );
}

/** Whether every package is there in its locked version, and none that could shadow one. */
function current() {
  const locked = readLock('package-lock.json');
  const installed = readLock('node_modules/.package-lock.json');
  if (locked === undefined || installed === undefined) return false;
  if (Object.keys(installed).some((path) => !(path in locked))) return false;
  return Object.entries(locked).every(([path, want]) => {
    if (!path.includes('node_modules/')) return true;
    const have = installed[path];
    if (have === undefined) return want.optional === true && !wanted(want);
    if (want.link === true) return have.link === true && have.resolved === want.resolved;
    return have.version === want.version && have.integrity === want.integrity;
  });
}

/** Says that something is going on: a ticking line on a terminal, one plain line in a pipe or a log. */
function announce(/** @type {string} */ text) {
  const start = process.hrtime.bigint();
  const elapsed = () => `${Math.round(Number(process.hrtime.bigint() - start) / 1e9)} s`;
  if (!process.stderr.isTTY) {
    console.error(`${text} ...`);
    return (/** @type {string} */ end) => console.error(`${end} (${elapsed()})`);
  }
  const draw = () => process.stderr.write(`\r\x1b[K${text} ... ${elapsed()}`);
  draw();
  const timer = setInterval(draw, 1000);
  return (/** @type {string} */ end) => {
    clearInterval(timer);
    process.stderr.write(`\r\x1b[K${end} (${elapsed()})\n`);
  };
}

/** Runs `npm ci` on the given Node and collects what it says. @returns {Promise<{ code: number, output: string }>} */
function install(/** @type {string} */ node) {
  // Inside `npm start`, npm names its own file: run that one instead of searching PATH.
  const cli = process.env['npm_execpath'];
  const [file, before] = cli?.endsWith('npm-cli.js') === true ? [node, [cli]] : ['npm', []];
  return new Promise((resolve) => {
    const child = spawn(file, [...before, ...ci], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}` },
      shell: process.platform === 'win32' && file === 'npm', // there npm is a .cmd file
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', (error) => resolve({ code: 127, output: String(error) }));
    child.on('close', (code) => resolve({ code: code ?? 130, output }));
    // Asked to stop, npm takes a minute to roll back. Half an install does no harm: the next start begins again.
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
      process.once(signal, () => child.kill('SIGKILL'));
  });
}

/** Puts the Node from npm in place and answers whether it is. */
function linkNode() {
  const node = `node-${process.platform}-${process.arch}/bin/node`;
  if (process.platform === 'win32') return existsSync(`${bin}node.cmd`);
  // npm 10 drops the link again with the packages of the other platforms, which have a bin of the same name.
  if (!existsSync(`${bin}node`) && existsSync(`${root}node_modules/${node}`)) symlinkSync(`../${node}`, `${bin}node`);
  if (!existsSync(`${bin}node`)) return false;
  // It is built for glibc. Where it does not start, it must not stand before the system's in PATH.
  const starts = spawnSync(`${bin}node`, ['--version']).status === 0;
  if (!starts) rmSync(`${bin}node`);
  return starts;
}

function explain(/** @type {{ code: number, output: string }} */ { code, output }) {
  if (code === 127) return 'npm was not found: install Node with npm from https://nodejs.org, then try again';
  if (code === 130) return 'interrupted: the next start begins again';
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT/.test(output)
  ) {
    return 'the npm registry cannot be reached: check the network (or the proxy in `npm config`), then try again';
  }
  if (/ENOSPC/.test(output)) return 'the disk is full';
  return `npm ci failed (exit code ${code})`;
}

if (!current()) {
  const finish = announce('postern: installing dependencies (first run, or package-lock.json changed)');
  let result = await install(process.execPath);
  // An old Node makes npm leave out optional packages that ask for a newer one: they come with the new Node.
  if (result.code === 0 && linkNode() && !current()) {
    result = await install(`${bin}node`);
    linkNode();
  }
  if (result.code !== 0) {
    finish('postern: the dependencies could not be installed');
    if (result.output.trim() !== '') console.error(result.output.trim().replace(/^/gm, '  '));
    console.error(`postern: ${explain(result)}`);
    process.exit(1);
  }
  finish('postern: dependencies installed');
} else if (!existsSync(`${bin}node`)) {
  linkNode(); // somebody ran npm 10 by hand
}
