// The floors of the design, section "Layout": a package imports from lower floors only, through the one door of each.
// Sources are held to the floors; tests may use any package, but through its door as well.
const anyPackage = '^(packages|plugins)/';
const anySource = '^(packages|plugins)/[^/]+/src/';
const src = (/** @type {string} */ names) => `^packages/(${names})/src/`;

/** Sources of `names` may import `allowed` (and themselves) of our own packages, nothing else of ours. */
const floor = (/** @type {string} */ names, /** @type {string} */ allowed, /** @type {string} */ comment) => ({
  name: `floor-${names.replaceAll('|', '-').replaceAll('[^/]+', 'any')}`,
  comment,
  severity: 'error',
  from: { path: src(names) },
  to: { path: anyPackage, pathNot: [`^packages/(${allowed})/`, '^packages/$1/'] },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'floor-model',
      comment: 'Floor 0: model imports nothing at all, no library and nothing from Node.',
      severity: 'error',
      from: { path: src('model') },
      to: { pathNot: src('model') },
    },
    floor('schema', 'schema', 'Floor 0 as well: the one library it names gives types only.'),
    {
      name: 'floor-kit-config',
      comment:
        'Floor 1 imports model and schema only; the testkit, a door of its own, runs plugins on the engine that serves.',
      severity: 'error',
      from: { path: src('kit|config'), pathNot: '^packages/kit/src/testkit/' },
      to: { path: anyPackage, pathNot: ['^packages/(model|schema)/', '^packages/$1/(?!src/testkit/)'] },
    },
    {
      name: 'floor-testkit',
      comment: 'The testkit imports what it runs plugins on, and nothing above.',
      severity: 'error',
      from: { path: '^packages/kit/src/testkit/' },
      to: { path: anyPackage, pathNot: '^packages/(model|schema|kit|config|engine)/' },
    },
    floor('engine', 'model|config', 'Floor 2 imports floors 0 and 1; not the kit, whose testkit imports it.'),
    floor(
      'control|server|admin',
      'model|kit|config|engine',
      'Floor 3: these three do not know each other, they meet in the cell.',
    ),
    floor('source-[^/]+|import-[^/]+', 'kit', 'Sources and importers import kit only, plus their own client library.'),
    floor('message-rules', 'kit', 'What two plugins have in common: kit only.'),
    floor('rate-store', 'kit', 'What two plugins have in common, with the client library of their store: kit only.'),
    {
      name: 'floor-plugins',
      comment: 'Plugins import kit only, and what several of them have in common; never each other.',
      severity: 'error',
      from: { path: '^plugins/([^/]+)/src/' },
      to: { path: anyPackage, pathNot: ['^packages/(kit|rate-store|message-rules)/', '^plugins/$1/'] },
    },
    {
      name: 'plugins-do-no-io',
      comment: 'A plugin asks for outside answers through exchange.ask, so that decisions can be replayed.',
      severity: 'error',
      from: { path: '^plugins/[^/]+/src/' },
      to: {
        dependencyTypes: ['core'],
        path: '^(node:)?(http|https|http2|net|tls|dns|dgram|fs|child_process|worker_threads|cluster)(/|$)',
      },
    },
    {
      name: 'program-on-top',
      comment: 'Floor 4: nobody imports the program.',
      severity: 'error',
      from: { path: '^(packages/(?!postern/)|plugins/)[^/]+/src/' },
      to: { path: '^packages/postern/' },
    },
    {
      name: 'pure',
      comment: 'config and engine do no I/O: nothing from node:.',
      severity: 'error',
      from: { path: src('config|engine') },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'doors',
      comment: 'Another package is imported through its door, never by a path into its sources.',
      severity: 'error',
      from: { path: '^(packages|plugins)/([^/]+)/' },
      to: { path: anySource, pathNot: ['^$1/$2/', '/src/(testkit/)?index\\.ts$'] },
    },
    {
      name: 'doors-from-root',
      comment: 'The tests and scripts of the root use doors too.',
      severity: 'error',
      from: { path: '^(test|scripts|bench)/' },
      to: { path: anySource, pathNot: '/src/(testkit/)?index\\.ts$' },
    },
    {
      name: 'file-itself',
      comment: 'Inside a package, import the file itself, not the door.',
      severity: 'error',
      from: { path: '^(packages|plugins)/([^/]+)/src/' },
      to: { path: '^$1/$2/src/index\\.ts$' },
    },
    {
      name: 'no-tests-in-sources',
      comment: 'Sources import neither tests nor what only the workspace has.',
      severity: 'error',
      from: { path: '^(packages|plugins)/[^/]+/src/' },
      to: { path: '(^|/)test/', pathNot: 'node_modules' },
    },
    {
      name: 'declared',
      comment: 'What a source imports stands in the dependencies of its own package.json.',
      severity: 'error',
      from: { path: '^(packages|plugins)/[^/]+/src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-optional', 'npm-no-pkg', 'npm-unknown', 'npm-bundled'] },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Programs of their own, with dependencies of their own that the bench installs when it runs.
    exclude: { path: '^bench/peers/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true, // `import type` counts: a type that goes up a floor is a design fault too
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
  },
};
