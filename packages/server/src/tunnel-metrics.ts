import { Counted, Level } from './counted.ts';

/** What is counted of web sockets beside their handshakes, which count as requests with a status of 1xx. */
export class TunnelMetrics {
  readonly #open = new Level({ name: 'postern_web_sockets', help: 'Web sockets that are open', sum: true });
  readonly #bytes = new Counted({
    name: 'postern_web_socket_bytes_total',
    help: 'Bytes that web sockets have carried: from clients in, to clients out',
    labelNames: ['direction'],
  });
  readonly #in = this.#bytes.add({ direction: 'in' });
  readonly #out = this.#bytes.add({ direction: 'out' });

  /** All of them, for the registry. */
  get shown(): readonly [Level, Counted] {
    return [this.#open, this.#bytes];
  }

  opened(): void {
    this.#open.value += 1;
  }

  closed(): void {
    this.#open.value -= 1;
  }

  /** Counts what was carried since the last time. */
  carried(bytesIn: number, bytesOut: number): void {
    this.#in.count += bytesIn;
    this.#out.count += bytesOut;
  }
}
