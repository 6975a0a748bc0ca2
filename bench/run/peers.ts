import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CORS, EDITS } from '../core/site.ts';
import type { Launch, Site } from '../core/site.ts';
import { caddyConfiguration } from '../sites/caddy.ts';
import { EXPRESS_GATEWAY_SYSTEM, expressGatewayConfiguration } from '../sites/express-gateway.ts';
import { haproxyConfiguration, haproxyRoutes } from '../sites/haproxy.ts';
import { nginxConfiguration } from '../sites/nginx.ts';
import { posternDocument } from '../sites/postern.ts';
import { SYSTEM_PATH, said, versionIn } from './system.ts';

/** A gateway that is measured. */
export interface Peer {
  readonly name: string;
  /** Its version and how it runs; undefined: it is not here. */
  version(): string | undefined;
  /** Its packages come from `bench/peers`. */
  readonly installed: boolean;
  /** Its code gets faster while it runs. */
  readonly warms: boolean;
  /** What is missing when it is not here. */
  readonly missing: string;
  /** Why it cannot serve a site; undefined: it can. */
  lacks(site: Omit<Site, 'port' | 'upstream'>): string | undefined;
  launch(site: Site): Launch;
}

const ROOT = join(import.meta.dirname, '../..');
const PEERS = join(ROOT, 'bench/peers');
const PROGRAM = join(ROOT, 'packages/postern/bin/postern.mjs');
const node = `Node ${process.versions.node}`;

function installedVersion(name: string): string | undefined {
  const file = join(PEERS, 'node_modules', name, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined;
}

/** The version of this workspace, and the commit where there is one. */
function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'packages/postern/package.json'), 'utf8'));
  try {
    const words = ['describe', '--always', '--dirty'];
    return `${version} (${execFileSync('git', words, { cwd: ROOT, encoding: 'utf8' }).trim()})`;
  } catch {
    return version;
  }
}

const anything = (): undefined => undefined;
const forSystem = (name: string) => `no ${name} here: install the system's package`;
const forNode = 'not installed: npm ci in bench/peers (npm run bench does that, --quick does not)';

/** A program of `bench/peers`; it gets the site as JSON. */
function nodeLaunch(program: string): (site: Site) => Launch {
  return (site) => {
    const words = [join(PEERS, program), JSON.stringify({ ...site, cors: CORS, edits: EDITS })];
    return { command: process.execPath, words, files: {}, env: { NODE_ENV: 'production' } };
  };
}

/** All peers, Postern first. */
export const ALL_PEERS: readonly Peer[] = [
  {
    name: 'postern',
    version: () => `${ownVersion()}, ${node}`,
    installed: false,
    warms: true,
    missing: '',
    lacks: anything,
    launch: (site) => ({
      command: process.execPath,
      words: [PROGRAM, 'run'],
      files: { 'gateway.yaml': posternDocument(site) },
      env: { NODE_ENV: 'production' },
    }),
  },
  {
    name: 'nginx',
    version: () => versionIn(said('nginx', '-v')),
    installed: false,
    warms: false,
    missing: forSystem('nginx'),
    lacks: anything,
    launch: (site) => ({
      command: 'nginx',
      words: ['-p', '.', '-c', 'nginx.conf', '-e', 'error.log'],
      files: { 'nginx.conf': nginxConfiguration(site) },
      env: { PATH: SYSTEM_PATH },
    }),
  },
  {
    name: 'haproxy',
    version: () => versionIn(said('haproxy', '-v')),
    installed: false,
    warms: false,
    missing: forSystem('haproxy'),
    lacks: anything,
    launch: (site) => ({
      command: 'haproxy',
      words: ['-db', '-f', 'haproxy.cfg'],
      files: { 'haproxy.cfg': haproxyConfiguration(site), 'routes.lst': haproxyRoutes(site) },
      env: { PATH: SYSTEM_PATH },
    }),
  },
  {
    name: 'caddy',
    version: () => versionIn(said('caddy', 'version')),
    installed: false,
    warms: false,
    missing: forSystem('caddy'),
    lacks: anything,
    launch: (site) => ({
      command: 'caddy',
      words: ['run', '--config', 'Caddyfile', '--adapter', 'caddyfile'],
      files: { Caddyfile: caddyConfiguration(site) },
      env: { PATH: SYSTEM_PATH, GOMAXPROCS: `${site.workers}`, XDG_DATA_HOME: '.', XDG_CONFIG_HOME: '.', HOME: '.' },
    }),
  },
  {
    name: 'fastify',
    version: () => together('@fastify/http-proxy', '@fastify/cors', 'fastify'),
    installed: true,
    warms: true,
    missing: forNode,
    lacks: ({ policies }) => (policies === 'strict' ? '@fastify/cors refuses no request' : undefined),
    launch: nodeLaunch('fastify.mjs'),
  },
  {
    name: 'express-gateway',
    version: () => together('express-gateway'),
    installed: true,
    warms: true,
    missing: forNode,
    lacks: ({ policies, protocol, routes }) => {
      if (policies === 'strict') return 'its cors policy refuses no request';
      if (protocol === 'h2c') return 'it does not speak HTTP/2 without TLS';
      return routes > 0 ? 'its configuration was not written for many routes' : undefined;
    },
    launch: (site) => ({
      command: process.execPath,
      words: [join(PEERS, 'express-gateway.mjs')],
      files: {
        'gateway.config.yml': expressGatewayConfiguration(site),
        'system.config.yml': EXPRESS_GATEWAY_SYSTEM,
      },
      env: { NODE_ENV: 'production', LOG_LEVEL: 'error' },
    }),
  },
  {
    name: 'undici',
    version: () => together('undici'),
    installed: true,
    warms: true,
    missing: forNode,
    lacks: ({ routes }) => (routes > 0 ? 'it has no router' : undefined),
    launch: nodeLaunch('undici.mjs'),
  },
];

/** The versions of packages of `bench/peers`; undefined when the first is not installed. */
function together(...names: readonly string[]): string | undefined {
  const [first, ...others] = names.map((name) => [name, installedVersion(name)] as const);
  if (first?.[1] === undefined) return undefined;
  return [first[1], ...others.map(([name, version]) => `${name} ${version}`), node].join(', ');
}
