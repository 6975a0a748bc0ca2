import { Counted, Level } from './counted.ts';

/** What a process says of its own load, whatever it serves. */
export class Vitals {
  readonly connections = new Level({ name: 'postern_connections', help: 'Connections of clients', sum: true });
  readonly #dropped = new Counted({
    name: 'postern_connections_dropped_total',
    help: 'Connections that were closed at once because there were too many',
    labelNames: [],
  });
  readonly dropped = this.#dropped.add({});
  readonly #ended = new Counted({
    name: 'postern_http2_sessions_ended_total',
    help: 'Connections of HTTP/2 that were ended because their client asked for too much, by reason',
    labelNames: ['reason'],
  });
  readonly resets = this.#ended.add({ reason: 'resets' });
  readonly control = this.#ended.add({ reason: 'control-frames' });
  readonly shedding = new Level({
    name: 'postern_shedding',
    help: '0: all is well, 1: connections are asked to end, 2: new requests are answered 503',
  });
  readonly memory = new Level({ name: 'postern_memory_share', help: 'Share of the memory that the process may use' });
  readonly loopDelay = new Level({
    name: 'postern_event_loop_delay_seconds',
    help: 'How long work of its own held the event loop up, at the last look',
  });

  /** All of it, in the order in which it is shown. */
  readonly all = [this.connections, this.#dropped, this.#ended, this.shedding, this.memory, this.loopDelay];
}
