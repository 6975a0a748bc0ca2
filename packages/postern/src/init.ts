import { writeFile } from 'node:fs/promises';
import { complain, say } from './terminal.ts';
import type { ExitCode } from './terminal.ts';

/** `postern init`: writes a small commented document that passes the check as it stands. */
export async function initCommand(file: string, options: { readonly force: boolean }): Promise<ExitCode> {
  try {
    await writeFile(file, TEXT, { flag: options.force ? 'w' : 'wx' });
  } catch (error) {
    complain(`postern: ${file} is not written: ${reasonOf(error)}`);
    return 1;
  }
  say(`${file} is written. Next: postern check ${file}, then postern run ${file}`);
  return 0;
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
    return 'there is such a file\n  fix: name another one, or overwrite it with --force';
  return error instanceof Error ? error.message : String(error);
}

const TEXT = `# A gateway in one file. Check it with "postern check", see what runs where with "postern plan".

server:                              # read once, at start
  listen:
    - { name: public, address: 127.0.0.1:8080 }

gateway:
  policies: [request-id, access-log] # run for every API group, in this order

upstreams:
  - name: backend
    builtin: echo                    # answers with what it received; yours: targets: [http://127.0.0.1:9000]

policies:
  - name: request-id
    plugin: request-id

  - name: access-log
    plugin: access-log

  - name: web-cors                   # which pages of which origins may call
    plugin: cors
    config:
      allowOrigins: [https://app.example.com]
      allowMethods: [GET, POST]

apiGroups:
  - name: hello                      # everything under /hello
    basePath: /hello
    stripBasePath: true
    upstream: backend
    policies: [inherit, web-cors]    # inherit: where the gateway's list runs
`;
