import { runResponse } from '@postern/engine';
import { proceed } from './flight.ts';
import type { Flight } from './flight.ts';
import { send } from './reply.ts';

/** Response steps backwards over an answer that no upstream made, then out. */
export function respond(flight: Flight): void {
  proceed(flight, runResponse(flight.exchange), send);
}
