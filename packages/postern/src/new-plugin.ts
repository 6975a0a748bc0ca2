import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KIT_VERSION } from '@postern/kit';
import { complain, say } from './terminal.ts';
import type { ExitCode } from './terminal.ts';

/** A plugin to begin with. */
export interface NewPlugin {
  readonly name: string;
  /** JavaScript, which runs as it is also where it is installed; else TypeScript. */
  readonly js: boolean;
}

/** Why no plugin can have this name; undefined: it can. `taken` are those that come with the program. Pure. */
export function refusedName(name: string, taken: readonly string[]): string | undefined {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(name))
    return 'A name is made of a-z, 0-9 and hyphens, begins with a letter or digit and has at most 63 of them: my-policy.';
  return taken.includes(name) ? `There is a plugin ${name} already, which comes with Postern.` : undefined;
}

/** `postern new plugin`: writes a folder with a small plugin that works, its tests and its README. Overwrites nothing. */
export async function newPluginCommand(plugin: NewPlugin): Promise<ExitCode> {
  const { name } = plugin;
  try {
    await mkdir(name);
    for (const [file, text] of await filesOf(plugin)) {
      await mkdir(dirname(join(name, file)), { recursive: true });
      await writeFile(join(name, file), text, { flag: 'wx' });
    }
  } catch (error) {
    complain(`postern: ${name} is not written: ${reasonOf(error)}`);
    return 1;
  }
  say(`${name}/ is written. Next: cd ${name}, then npm install, then npm test`);
  return 0;
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
    return 'there is something of that name\n  fix: take another name, or move it out of the way';
  return error instanceof Error ? error.message : String(error);
}

const TEMPLATE = new URL('../template/', import.meta.url);

/** Both languages have one template: what is inferred from a schema needs no types. */
async function filesOf({ name, js }: NewPlugin): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const file of ['src/index.ts', 'test/index.test.ts', 'README.md']) {
    const text = (await readFile(new URL(file, TEMPLATE), 'utf8')).replaceAll('my-policy', name);
    if (js) files.set(file.replace(/\.ts$/, '.js'), text.replaceAll('index.ts', 'index.js'));
    else files.set(file, text);
  }
  files.set('package.json', toJson(manifestOf({ name, js })));
  files.set('.gitignore', js ? 'node_modules/\n' : 'node_modules/\ndist/\n');
  if (js) return files;
  files.set('tsconfig.json', toJson(CHECKED));
  files.set('tsconfig.build.json', toJson(BUILT));
  return files;
}

function manifestOf({ name, js }: NewPlugin): object {
  const kit = { '@postern/kit': `^${KIT_VERSION}` };
  const tools = { '@types/node': '^22', typescript: '^7.0.2' };
  return {
    name: `postern-plugin-${name}`,
    version: '0.1.0',
    description: 'Lets through requests for a version of the API that is served',
    keywords: ['postern', 'postern-plugin'],
    type: 'module',
    engines: { node: '>=22.18' },
    exports: js ? './src/index.js' : './dist/index.js',
    files: js ? ['src'] : ['dist'],
    scripts: js
      ? { test: 'node --test' }
      : { test: 'node --test', types: 'tsc', build: 'tsc --project tsconfig.build.json', prepack: 'npm run build' },
    peerDependencies: kit,
    devDependencies: js ? kit : { ...kit, ...tools },
  };
}

const CHECKED = {
  compilerOptions: {
    target: 'es2024',
    module: 'nodenext',
    types: ['node'],
    noEmit: true,
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    erasableSyntaxOnly: true,
    verbatimModuleSyntax: true,
    allowImportingTsExtensions: true,
    rewriteRelativeImportExtensions: true,
    skipLibCheck: true,
  },
  include: ['src', 'test'],
};

/** Node takes types off everywhere but below `node_modules`: what is published is JavaScript. */
const BUILT = {
  extends: './tsconfig.json',
  compilerOptions: {
    noEmit: false,
    allowImportingTsExtensions: false,
    declaration: true,
    rootDir: 'src',
    outDir: 'dist',
  },
  include: ['src'],
};

function toJson(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
