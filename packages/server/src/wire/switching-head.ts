import { isFieldValue, isToken } from './field-lines.ts';
import { httpDate } from './http-date.ts';

/** Lines of a 101 that are not for policies to write, nor for an upstream to have passed on as they are. */
const OWN: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'sec-websocket-accept',
  'sec-websocket-extensions',
  'sec-websocket-protocol',
  'transfer-encoding',
  'upgrade',
]);

/** What was agreed on in a handshake: name, value, name, value. */
export type Agreed = readonly string[];

/**
 * The head of the 101 that a client gets: what was agreed on, and of the other lines those that frame nothing. Names in lower
 * case. Throws where a line cannot be sent. Pure but for the date.
 */
export function switchingHead(pairs: readonly string[], agreed: Agreed): string {
  let head = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n';
  let dated = false;
  for (let at = 0; at + 1 < agreed.length; at += 2) head += line(agreed[at] ?? '', agreed[at + 1] ?? '');
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const name = pairs[at] ?? '';
    if (OWN.has(name)) continue;
    if (name === 'date') dated = true;
    head += line(name, pairs[at + 1] ?? '');
  }
  return dated ? `${head}\r\n` : `${head}date: ${httpDate()}\r\n\r\n`;
}

function line(name: string, value: string): string {
  if (!isToken(name) || !isFieldValue(value)) throw new Error(`the field ${JSON.stringify(name)} cannot be sent`);
  return `${name}: ${value}\r\n`;
}
