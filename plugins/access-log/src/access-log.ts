import { Schema, definePlugin } from '@postern/kit';
import type { DoneExchange } from '@postern/kit';
import { toRecord } from './record.ts';

/** Writes one line per exchange, after its last byte. */
export const accessLog = definePlugin({
  name: 'access-log',
  summary: 'Writes one JSON line per exchange',
  config: Schema.Object({
    sampleSuccess: Schema.Optional(
      Schema.Number({
        minimum: 0,
        maximum: 1,
        default: 1,
        description: 'Share of the exchanges that went well which are written; all others always are. Default 1',
      }),
    ),
  }),
  answers: () => false,
  compile(config, context) {
    const share = config.sampleSuccess ?? 1;
    return {
      done: function accessLogDone(exchange: DoneExchange): void {
        if (share < 1 && wentWell(exchange) && exchange.random() >= share) return;
        context.write(toRecord(exchange));
      },
    };
  },
});

/** A refusal can have a status below 400, and an aborted exchange any. */
function wentWell(exchange: DoneExchange): boolean {
  return exchange.response.status < 400 && exchange.refusal === undefined && !exchange.aborted;
}
