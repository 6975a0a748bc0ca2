import { Current } from '@postern/engine';
import type { Runtime } from '@postern/engine';
import type { Cell, Listener, Log, Plugin, ServerSection } from '@postern/model';
import { LocalCell } from './cell.ts';
import { DecisionRing } from './decision-ring.ts';
import { drainListeners } from './drain.ts';
import { openListener } from './listener.ts';
import type { OpenListener, WatchFiles } from './listener.ts';
import { Lanes } from './lanes.ts';
import type { Flight, ListenerContext } from './flight.ts';
import { Metrics } from './metrics.ts';
import { AddressSet } from './trust.ts';

/** What a data plane is made of. */
export interface ServerOptions {
  readonly section: ServerSection;
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly log: Log;
  readonly watchFiles: WatchFiles;
}

/** A data plane that listens. */
export interface GatewayServer {
  readonly cell: Cell;
  /** Where it listens; a port of 0 in the document is the real one here. */
  readonly listeners: readonly Pick<Listener, 'name' | 'host' | 'port' | 'protocol'>[];
  /** Lets requests in flight end, within `server.drainTimeout`, then closes. */
  drain(): Promise<void>;
  /** Ends at once. */
  close(): Promise<void>;
}

/** Opens every listener. Requests are answered 503 until the cell has accepted a candidate. Throws when an address is taken. */
export async function startServer(options: ServerOptions): Promise<GatewayServer> {
  const { section, plugins, log, watchFiles } = options;
  const current = new Current();
  const metrics = new Metrics(section.metrics, log);
  const lanes = new Lanes(new AddressSet(section.denyTargets));
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
  });
  const close = async (): Promise<void> => {
    await Promise.all(listeners.map((listener) => listener.close()));
    current.clear();
  };
  try {
    for (const listener of section.listeners) {
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
        draining: false,
        inFlight: 0,
      };
      listeners.push(await openListener({ listener, context, log, watchFiles }));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    cell,
    listeners: listeners.map(({ address }) => address),
    drain: async () => {
      await drainListeners(listeners, section.drainTimeout);
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
