import { HeaderList } from '@postern/model';
import type { Attached, CheckedPolicy, Handlers } from '@postern/model';
import { RunningExchange } from '../src/exchange.ts';
import type { ReceivedRequest } from '../src/exchange.ts';
import { composePipeline } from '../src/pipeline.ts';
import type { Attachment } from '../src/pipeline.ts';
import { Router } from '../src/router.ts';
import { Snapshot } from '../src/snapshot.ts';

const place = { file: 'gateway.yaml', line: 41, column: 5 };

/** A policy of a test: its steps, and what differs from a plain one. */
export interface Made {
  readonly handlers: Handlers;
  readonly owns?: readonly string[];
  readonly answers?: boolean;
  readonly policy?: Partial<CheckedPolicy>;
  readonly mode?: Attached['mode'];
  readonly condition?: Attachment['condition'];
}

/** What the outcomes of all policies counted, by `name outcome`. */
export const counts = new Map<string, number>();

function attachment(
  name: string,
  slot: number,
  { handlers, owns = [], answers = true, policy = {}, mode = 'enforce', condition }: Made,
): Attachment {
  const count = (outcome: string) => (): void =>
    void counts.set(`${name} ${outcome}`, (counts.get(`${name} ${outcome}`) ?? 0) + 1);
  return {
    slot,
    where: 'gateway.yaml:41',
    mode,
    when: [],
    condition,
    instance: {
      key: name,
      policy: {
        name,
        plugin: 'test',
        labels: {},
        mode: 'enforce',
        locked: false,
        when: undefined,
        onError: 'refuse',
        timeout: 30,
        config: {},
        place,
        places: {},
        references: {},
        pointer: '/policies/0/config',
        key: name,
        ...policy,
      },
      handlers,
      owns,
      guards: false,
      answers,
      outcomes: { refused: count('refused'), responded: count('responded'), failed: count('failed') },
    },
  };
}

/** An exchange on a snapshot whose gateway list runs these policies, in the order of the record. */
export function exchangeWith(
  policies: Readonly<Record<string, Made>>,
  headers: Record<string, string> = {},
): RunningExchange {
  const pipeline = composePipeline(Object.entries(policies).map(([name, made], slot) => attachment(name, slot, made)));
  const snapshot = new Snapshot({
    revision: 7,
    digest: 'd',
    router: new Router([]),
    gateway: pipeline,
    upstreams: new Map(),
    onClose: () => undefined,
  });
  const request: ReceivedRequest = {
    protocol: 'HTTP/1.1',
    method: 'GET',
    scheme: 'http',
    host: 'gateway.test',
    path: '/a',
    query: '',
    search: '',
    hasBody: false,
    clientAddress: '192.0.2.1',
    headers: HeaderList.from(headers),
    toOutgoing: () => HeaderList.from(headers),
  };
  const runtime = {
    now: () => 1000,
    random: () => 0.25,
    after: (milliseconds: number, late: () => void) => {
      const timer = setTimeout(late, milliseconds);
      return () => clearTimeout(timer);
    },
  };
  return new RunningExchange({ request, snapshot, runtime });
}
