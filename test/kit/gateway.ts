import { setTimeout as wait } from 'node:timers/promises';
import type { Plugin } from '@postern/kit';
import { builtinPlugins, startGateway } from 'postern';
import type { Gateway } from 'postern';
import type { Test } from 'tap';
import { memorySource } from './memory-source.ts';

/** A real gateway in this process, on free loopback ports. */
export interface TestGateway extends Gateway {
  /** Port of the named listener; default: the first. */
  port(listener?: string): number;
  /** Offers another document and waits for what became of it: the codes of its errors, none when it serves. */
  apply(text: string): Promise<readonly string[]>;
  /** Lines that policies wrote, the access log's among them. */
  readonly written: Readonly<Record<string, unknown>>[];
  /** What the gateway said of itself. */
  readonly said: {
    readonly level: string;
    readonly record: Readonly<Record<string, unknown>>;
    readonly message: string;
  }[];
}

/** `WORKERS=2 npm test -- test/paths/proxy.test.ts` runs the gateways of a test in two workers. */
const WORKERS = process.env['WORKERS'] ?? '';
// Their lines would come between those of the test.
if (WORKERS !== '') process.env['POSTERN_LOG_LEVEL'] = 'silent';

/**
 * False where gateways serve in processes of their own: a test then leaves out what can be seen only from inside, as lines
 * that policies write and snapshots that live.
 */
export const FROM_INSIDE = WORKERS === '';

/** Whether policies have written so many lines; true where they are written in another process, and nobody can tell. */
export function hasWritten({ written }: Pick<TestGateway, 'written'>, lines: number): boolean {
  return !FROM_INSIDE || written.length === lines;
}

const LISTEN = `  listen:
    - { name: public, address: 127.0.0.1:0 }
`;
/** On as many lines: tests name the lines of what stands below. */
const LISTEN_WITH_WORKERS = `  listen: [{ name: public, address: 127.0.0.1:0 }]
  workers: ${WORKERS}
`;

/** The part of a document that every test has in common: free ports, a short drain. */
export const SERVER = `server:
${FROM_INSIDE ? LISTEN : LISTEN_WITH_WORKERS}  admin: { address: 127.0.0.1:0 }
  drainTimeout: 2s
`;

/** Starts a gateway on `text` with the built-in plugins and those given; closed when the test ends. */
export async function gatewayFor(
  t: Pick<Test, 'teardown'>,
  text: string,
  more: readonly Plugin[] = [],
): Promise<TestGateway> {
  const written: Readonly<Record<string, unknown>>[] = [];
  const said: TestGateway['said'] = [];
  const say =
    (level: string) =>
    (record: Readonly<Record<string, unknown>>, message: string): void =>
      void said.push({ level, record, message });
  // What a test hands over as an object no other process can have.
  const source = memorySource(more.length === 0 ? text : text.replace(LISTEN_WITH_WORKERS, LISTEN));
  const log = {
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    write: (record: Readonly<Record<string, unknown>>): void => void written.push(record),
  };
  const gateway = await startGateway({ source, plugins: [...builtinPlugins, ...more], log });
  t.teardown(() => gateway.close());
  const apply = async (next: string): Promise<readonly string[]> => {
    const before = gateway.control().reloads;
    source.push(next);
    for (;;) {
      const { reloads, refusal } = gateway.control();
      if (reloads.refused > before.refused)
        return refusal?.issues.filter(({ severity }) => severity === 'error').map(({ code }) => code) ?? [];
      if (reloads.accepted > before.accepted) return [];
      await wait(2);
    }
  };
  const port = (name?: string): number => {
    const found = gateway.listeners.find((listener) => name === undefined || listener.name === name);
    if (found === undefined) throw new Error(`no listener ${name}`);
    return found.port;
  };
  return { ...gateway, port, apply, written, said };
}
