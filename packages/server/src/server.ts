import { Current } from '@postern/engine';
import type { Runtime } from '@postern/engine';
import type { Budgets, Listener, Log, Plugin, ServerSection } from '@postern/model';
import type { CountedMetrics } from './aggregate.ts';
import { LocalCell } from './cell.ts';
import type { PreparingCell } from './cell.ts';
import { ClientConnections } from './client-connections.ts';
import { DecisionRing } from './decision-ring.ts';
import { readDescriptors, shareOut } from './descriptors.ts';
import { drainListeners, shutListeners } from './drain.ts';
import { openListener } from './listener.ts';
import type { ListenerSocket, OpenListener } from './listener.ts';
import type { WatchFiles } from './certificate.ts';
import { Lanes } from './lanes.ts';
import type { Flight, ListenerContext } from './flight.ts';
import { Metrics } from './metrics.ts';
import { ownPressure } from './pressure.ts';
import { Shedding } from './shedding.ts';
import { AddressSet } from './trust.ts';
import { UpstreamRoom } from './wire/upstream-room.ts';

/** What a data plane is made of. */
export interface ServerOptions {
  readonly section: ServerSection;
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly log: Log;
  readonly watchFiles: WatchFiles;
  /** Sockets that another process has bound, by the name of the listener; absent: each listener binds its own. */
  readonly sockets?: ReadonlyMap<string, ListenerSocket>;
  /** What counts for budgets over several processes; absent: this one counts alone. */
  readonly budgets?: Budgets;
  /** Processes that share the memory of the machine; absent: one. */
  readonly processes?: number;
}

/** A data plane that listens. */
export interface GatewayServer {
  readonly cell: PreparingCell;
  /** Where it listens; a port of 0 in the document is the real one here. */
  readonly listeners: readonly Pick<Listener, 'name' | 'host' | 'port' | 'protocol'>[];
  /**
   * Lets requests in flight end, within `server.drainTimeout`, then closes. Idle connections get all of that time to be used
   * once more until `patience` is aborted; without it they end after a quiet moment.
   */
  drain(patience?: AbortSignal): Promise<void>;
  /** Ends at once. */
  close(): Promise<void>;
}

/** A data plane before it listens: it can be given a document first. */
export interface ClosedServer extends Omit<GatewayServer, 'listeners'> {
  /** What it has counted, for whoever adds several up. */
  counted(): Promise<CountedMetrics>;
  /** Lets no new connection in; to be called before a drain where several processes listen on the same sockets. */
  shut(): void;
  /** Opens every listener. Throws when an address is taken; nothing is open then. */
  open(): Promise<GatewayServer['listeners']>;
}

/** Opens every listener. Requests are answered 503 until the cell has accepted a candidate. Throws when an address is taken. */
export async function startServer(options: ServerOptions): Promise<GatewayServer> {
  const server = makeServer(options);
  return { ...server, listeners: await server.open() };
}

/** Makes a data plane that does not listen yet. */
export function makeServer(options: ServerOptions): ClosedServer {
  const { section, plugins, log, watchFiles } = options;
  const current = new Current();
  const metrics = new Metrics(section.metrics, log);
  const { clients, upstreams } = shareOut(readDescriptors(), section.limits.maxConnections);
  if (clients < section.limits.maxConnections)
    log.info(
      { connections: clients, maxConnections: section.limits.maxConnections },
      `the limit of open files allows for ${clients} connections of clients, not for the ${section.limits.maxConnections} of server.limits.maxConnections`,
    );
  const connections = new ClientConnections(clients, { vitals: metrics.vitals, log });
  const lanes = new Lanes(new AddressSet(section.denyTargets), new UpstreamRoom(upstreams));
  const shedding = new Shedding({
    section: section.shedding,
    pressure: ownPressure(options.processes ?? 1),
    vitals: metrics.vitals,
    log,
  });
  const trusted = new AddressSet(section.trustedProxies);
  const listeners: OpenListener[] = [];
  const ring = new DecisionRing(section.decisions, () => RUNTIME.random());
  const isDraining = (): boolean => listeners.some(({ context }) => context.draining);
  const { require } = section;
  const cell = new LocalCell({
    current,
    lanes,
    metrics,
    plugins,
    require,
    log,
    ring,
    runtime: RUNTIME,
    isDraining,
    shedding,
    budgets: options.budgets,
  });
  const close = async (): Promise<void> => {
    shedding.stop();
    await Promise.all(listeners.map((listener) => listener.close()));
    current.clear();
  };
  const openOne = (listener: Listener): Promise<OpenListener> => {
    const context: ListenerContext = {
      name: listener.name,
      scheme: listener.protocol === 'https' ? 'https' : 'http',
      limits: section.limits,
      trusted,
      current,
      lanes,
      runtime: RUNTIME,
      metrics,
      ring,
      log,
      compatible: new WeakMap<object, Flight>(),
      shedding,
      draining: false,
      inFlight: 0,
      begun: 0,
    };
    return openListener({ listener, context, connections, watchFiles, socket: options.sockets?.get(listener.name) });
  };
  return {
    cell,
    counted: () => metrics.counted(),
    shut: () => shutListeners(listeners),
    open: async () => {
      try {
        for (const listener of section.listeners) listeners.push(await openOne(listener));
      } catch (error) {
        await close();
        throw error;
      }
      shedding.start();
      return listeners.map(({ address }) => address);
    },
    drain: async (patience) => {
      await drainListeners(listeners, section.drainTimeout, patience);
      await close();
    },
    close,
  };
}

const RUNTIME: Runtime = Object.freeze({
  now: Date.now,
  random: Math.random,
  after: (milliseconds: number, late: () => void) => {
    const timer = setTimeout(late, milliseconds);
    return () => clearTimeout(timer);
  },
});
