import { fileURLToPath } from 'node:url';

/** Ports of the upstreams of one lane. */
export interface LanePorts {
  readonly u1: number;
  readonly u2: number;
  readonly hostile: number;
}

/** Secrets of the fixture's configuration, by the name of their variable: no answer and no log line may hold one. */
export const SECRETS: Readonly<Record<string, string>> = {
  CORPUS_TOKEN: 'corpus-secret-of-the-admin-port',
  CORPUS_KEY: 'corpus-secret-of-the-upstream',
};

/** Milliseconds. A fixture has a short one of each: a row that waits for a deadline waits for these. */
export const LIMITS = {
  headersTimeout: 3_000,
  requestTimeout: 4_000,
  idleTimeout: 60_000,
  connect: 1_000,
  headers: 2_000,
};

/** What a gateway may have otherwise than the fixture. */
export interface DocumentOptions {
  readonly limits?: Partial<typeof LIMITS>;
  /** More members of `server.limits`, in flow style: `, maxConnections: 100`. */
  readonly more?: string;
  /** More groups and upstreams, each a line in flow style. */
  readonly groups?: readonly string[];
  readonly upstreams?: readonly string[];
}

/**
 * The fixture of the corpus, once for each lane: a lane has listeners and upstreams of its own, so that cases may run at the same
 * time in one gateway and none is blamed for another. The listeners of lane 0 are `plain-0`, `cors-0` and `h2c-0`.
 */
export function documentOf(lanes: readonly LanePorts[], options: DocumentOptions = {}): string {
  const limits = { ...LIMITS, ...options.limits };
  const deny = fileURLToPath(new URL('deny.ts', import.meta.url));
  const listeners = lanes.flatMap((_, at) => [
    `{ name: plain-${at}, address: 127.0.0.1:0 }`,
    `{ name: cors-${at}, address: 127.0.0.1:0 }`,
    `{ name: h2c-${at}, address: 127.0.0.1:0, protocol: h2c }`,
  ]);
  const upstreams = lanes.flatMap(({ u1, u2, hostile }, at) => [
    upstreamOf(`u1-${at}`, u1, limits),
    upstreamOf(`u2-${at}`, u2, limits),
    upstreamOf(`hostile-${at}`, hostile, limits),
  ]);
  const groups = lanes.flatMap((_, at) => {
    const every = `[plain-${at}, cors-${at}, h2c-${at}]`;
    return [
      `{ name: echo-${at}, hosts: [gateway.test], basePath: /echo, listeners: [plain-${at}, h2c-${at}], upstream: u1-${at} }`,
      `{ name: cors-${at}, hosts: [gateway.test], basePath: /echo, listeners: [cors-${at}], upstream: u1-${at}, policies: [cors] }`,
      `{ name: admin-${at}, hosts: [gateway.test], basePath: /admin, listeners: ${every}, upstream: u2-${at}, policies: [deny] }`,
      `{ name: users-${at}, hosts: [gateway.test], basePath: /users, listeners: ${every}, upstream: u2-${at}, policies: [deny], routes: [{ name: admin, path: "/{id}/admin" }] }`,
      `{ name: hostile-${at}, hosts: [gateway.test], basePath: /hostile, listeners: ${every}, upstream: hostile-${at} }`,
    ];
  });
  return `server:
  listen:
${list(listeners)}
  admin: { address: 127.0.0.1:0, token: "\${env:CORPUS_TOKEN}" }
  drainTimeout: 1s
  plugins: [${JSON.stringify(deny)}]
  limits: { headerBytes: 16KiB, headerCount: 100, urlBytes: 8KiB, bodyBytes: 10MiB, headersTimeout: ${limits.headersTimeout}ms,
            requestTimeout: ${limits.requestTimeout}ms, idleTimeout: ${limits.idleTimeout}ms${options.more ?? ''} }
gateway: { policies: [id, log, upstream-key] }
policies:
  - { name: id, plugin: request-id }
  - { name: log, plugin: access-log }
  - { name: upstream-key, plugin: headers, config: { request: { set: { x-upstream-key: "\${env:CORPUS_KEY}" } } } }
  - { name: deny, plugin: deny, config: {} }
  - name: cors
    plugin: cors
    config:
      allowOrigins: [https://app.example.com, https://*.apps.example.com]
      allowCredentials: true
      allowMethods: [GET, POST]
      allowHeaders: [content-type, x-api]
      maxAge: 600
upstreams:
${list([...upstreams, ...(options.upstreams ?? [])])}
apiGroups:
${list([...groups, ...(options.groups ?? [])])}
`;
}

function upstreamOf(name: string, port: number, { connect, headers }: typeof LIMITS): string {
  return `{ name: ${name}, targets: ["http://127.0.0.1:${port}"], timeouts: { connect: ${connect}ms, headers: ${headers}ms } }`;
}

function list(entries: readonly string[]): string {
  return entries.map((entry) => `  - ${entry}`).join('\n');
}
