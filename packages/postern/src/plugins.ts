import { createRequire } from 'node:module';
import { dirname, isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CheckSettings } from '@postern/control';
import type { Issue, Plugin, SourceText } from '@postern/model';
import accessLog from '@postern/plugin-access-log';
import authorize from '@postern/plugin-authorize';
import basicAuth from '@postern/plugin-basic-auth';
import cors from '@postern/plugin-cors';
import headers from '@postern/plugin-headers';
import ipRestriction from '@postern/plugin-ip-restriction';
import jwt from '@postern/plugin-jwt';
import keyAuth from '@postern/plugin-key-auth';
import quota from '@postern/plugin-quota';
import rateLimit from '@postern/plugin-rate-limit';
import requestId from '@postern/plugin-request-id';
import respond from '@postern/plugin-respond';
import transformRequest from '@postern/plugin-transform-request';
import transformResponse from '@postern/plugin-transform-response';
import validate from '@postern/plugin-validate';
import { isPlugin } from './is-plugin.ts';
import { kitMismatch } from './kit-range.ts';
import { isWritten, namedPlugins, placeOfPlugin } from './plugin-names.ts';
import { inIdleTime } from './while-idle.ts';

/** Milliseconds that a module may keep waiting for it, other than by using the processor. */
const LONGEST_LOAD = 2000;

/** The plugins that come with the program. */
export const builtinPlugins: readonly Plugin[] = [
  accessLog,
  authorize,
  basicAuth,
  cors,
  headers,
  ipRestriction,
  jwt,
  keyAuth,
  quota,
  rateLimit,
  requestId,
  respond,
  transformRequest,
  transformResponse,
  validate,
];

/** Every plugin that documents of this gateway may name, or why one of `server.plugins` is not to be had. */
export type LoadedPlugins =
  | { readonly kind: 'loaded'; readonly plugins: ReadonlyMap<string, Plugin> }
  | { readonly kind: 'refused'; readonly issues: readonly Issue[] };

/**
 * Adds the third-party plugins that a document's server section names to those at hand. The one place that loads code
 * by name; called for the first document only, so that no reload and no bus can ever load any.
 */
export async function loadPlugins(
  source: SourceText,
  atHand: readonly Plugin[],
  settings: Omit<CheckSettings, 'plugins'>,
): Promise<LoadedPlugins> {
  const named = namedPlugins(source, { ...settings, plugins: atHand });
  if (named.kind === 'refused') return named;
  const plugins = new Map(atHand.map((plugin) => [plugin.name, plugin]));
  const issues: Issue[] = [];
  for (const [index, name] of named.value.entries()) {
    const loaded = await loadOne(name, source.origin);
    const failure = loaded.kind === 'loaded' ? add(plugins, loaded.plugin) : loaded;
    if (failure !== undefined) issues.push(toIssue(failure, { source, index, name }));
  }
  return issues.length > 0 ? { kind: 'refused', issues } : { kind: 'loaded', plugins };
}

/**
 * The plugins at hand and those that a server section names, where a check has found all of them to be had already: in another
 * process of the same gateway. Rejects when one is not.
 */
export async function pluginsByName(
  names: readonly string[],
  origin: string,
  atHand: readonly Plugin[],
): Promise<ReadonlyMap<string, Plugin>> {
  const plugins = new Map(atHand.map((plugin) => [plugin.name, plugin]));
  for (const name of names) {
    const loaded = await loadOne(name, origin);
    const failure = loaded.kind === 'loaded' ? add(plugins, loaded.plugin) : loaded;
    // Not the words of Node, which may repeat what came from a reference.
    if (failure !== undefined) throw new Error(`a plugin that the first process has loaded: ${failure.code}`);
  }
  return plugins;
}

function add(plugins: Map<string, Plugin>, plugin: Plugin): Failure | undefined {
  if (plugins.has(plugin.name)) return nameTaken(plugin.name);
  plugins.set(plugin.name, plugin);
  return undefined;
}

interface Failure {
  readonly kind: 'failed';
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

async function loadOne(
  specifier: string,
  origin: string,
): Promise<{ readonly kind: 'loaded'; readonly plugin: Plugin } | Failure> {
  let module: unknown;
  try {
    const loaded = await inIdleTime<unknown>(import(locationOf(specifier, origin)), LONGEST_LOAD);
    if (loaded.kind === 'late') return hangs(specifier);
    module = loaded.value;
  } catch (error) {
    return {
      kind: 'failed',
      code: 'plugins/not-loadable',
      message: `plugin ${JSON.stringify(specifier)} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
      fix: 'install the package beside the document, or write a path that starts with ./ and is relative to it',
    };
  }
  const exported = typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
  // First: a plugin for another kit may have another shape.
  const mismatch = await kitMismatch(exported, specifier);
  if (mismatch !== undefined) return { kind: 'failed', code: 'plugins/kit-version', ...mismatch };
  if (isPlugin(exported)) return { kind: 'loaded', plugin: exported };
  return {
    kind: 'failed',
    code: 'plugins/not-a-plugin',
    message: `${JSON.stringify(specifier)} does not export a plugin as its default`,
    fix: 'export default definePlugin({ ... }) from @postern/kit',
  };
}

function hangs(specifier: string): Failure {
  return {
    kind: 'failed',
    code: 'plugins/not-loadable',
    message: `plugin ${JSON.stringify(specifier)} is not loaded after ${LONGEST_LOAD / 1000} s in which nothing else was to be done`,
    fix: 'look in its module for a top-level await that never ends; what has to wait belongs into a step',
  };
}

/** Paths and packages are looked up from where the document stands; packages of the program itself come last. */
function locationOf(specifier: string, origin: string): string {
  const folder = dirname(resolve(origin));
  if (/^\.\.?\//.test(specifier) || isAbsolute(specifier)) return pathToFileURL(resolve(folder, specifier)).href;
  try {
    return pathToFileURL(createRequire(`${folder}/`).resolve(specifier)).href;
  } catch {
    return specifier;
  }
}

function nameTaken(name: string): Failure {
  return {
    kind: 'failed',
    code: 'plugins/name-taken',
    message: `there is a plugin named ${name} already`,
    fix: 'take the entry out, or give the plugin another name',
  };
}

function toIssue(
  failure: Failure,
  at: { readonly source: SourceText; readonly index: number; readonly name: string },
): Issue {
  const { code, fix } = failure;
  // What came from `${...}` is shown nowhere, and Node's own words would repeat it.
  const message = isWritten(at.source, at.name)
    ? failure.message
    : 'the plugin that this reference names cannot be used';
  return {
    severity: 'error',
    code,
    message: `server.plugins[${at.index}]: ${message}`,
    file: at.source.origin,
    ...placeOfPlugin(at.source, at.name),
    pointer: `/server/plugins/${at.index}`,
    fix,
  };
}
