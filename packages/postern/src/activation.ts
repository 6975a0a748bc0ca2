import type { Listener } from '@postern/model';

/** The first descriptor that a supervisor passes: sd_listen_fds(3), `SD_LISTEN_FDS_START`. */
const FIRST = 3;

/** A listening socket that the process was started with. */
export interface InheritedSocket {
  readonly fd: number;
  /** What its supervisor calls it; systemd calls a socket as its unit where `FileDescriptorName=` does not say otherwise. */
  readonly name: string;
}

/** Variables of an environment; they are taken out of it, so that no process which this one starts believes them meant for it. */
type Variables = Record<string, string | undefined>;

/**
 * The sockets that a supervisor has bound for this process: the protocol of sd_listen_fds(3). `LISTEN_PID` says whom they are for:
 * those of another process are none of ours. Throws when `LISTEN_FDS` is no count.
 */
export function inheritedSockets(environment: Variables, pid: number): readonly InheritedSocket[] {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES = '' } = environment;
  if (LISTEN_PID === undefined || Number(LISTEN_PID) !== pid) return [];
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete environment[name];
  const count = Number(LISTEN_FDS);
  if (!Number.isInteger(count) || count < 0)
    throw new Error(`LISTEN_FDS is ${JSON.stringify(LISTEN_FDS)}, and should be the number of sockets that are passed`);
  const names = LISTEN_FDNAMES.split(':');
  return Array.from({ length: count }, (_, at) => ({ fd: FIRST + at, name: names[at] ?? '' }));
}

/**
 * Which listener takes which socket: the one of its name, or, where no socket has the name of a listener, in the order of both.
 * Listeners that are left bind their own address. Throws when a socket is left: nobody would ever answer on it.
 */
export function assignSockets(
  listeners: readonly Pick<Listener, 'name'>[],
  sockets: readonly InheritedSocket[],
): ReadonlyMap<string, InheritedSocket> {
  const named = sockets.some(({ name }) => listeners.some((listener) => listener.name === name));
  const assigned = new Map<string, InheritedSocket>();
  for (const [at, { name }] of listeners.entries()) {
    const socket = named ? sockets.find((one) => one.name === name) : sockets[at];
    if (socket !== undefined) assigned.set(name, socket);
  }
  const left = sockets.filter((socket) => ![...assigned.values()].includes(socket));
  if (left.length === 0) return assigned;
  const which = left.map(({ fd, name }) => (name === '' ? `descriptor ${fd}` : `${fd} (${name})`)).join(', ');
  throw new Error(
    `no listener takes the socket that was passed as ${which}\n  fix: name sockets as the listeners under server.listen (FileDescriptorName= in systemd), or pass as many as there are listeners`,
  );
}
