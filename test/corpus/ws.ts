import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { movesOf } from './case.ts';
import { Conversation } from './conversation.ts';
import type { Lane } from './fixture.ts';
import { echo } from './recorder.ts';
import type { Transport } from './run-case.ts';
import type { StrictRequest } from './strict-reader.ts';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** An upstream that speaks web sockets, or what a row says it does instead. */
function upgrading(lane: Lane, setup = ''): (request: StrictRequest, socket: Socket) => void {
  return (request, socket) => {
    const value = (name: string): string => request.lines.find(([found]) => found === name)?.[1] ?? '';
    if (value('upgrade').toLowerCase() !== 'websocket') return echo(request, socket);
    if (setup.includes('answers 426')) {
      socket.end('HTTP/1.1 426 Upgrade Required\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return undefined;
    }
    const hash = createHash('sha1')
      .update(`${value('sec-websocket-key')}${GUID}`)
      .digest('base64');
    const accept = setup.includes('without Sec-WebSocket-Accept') ? '' : `sec-websocket-accept: ${hash}\r\n`;
    lane.u1.tunnel(socket);
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n${accept}\r\n`);
    return undefined;
  };
}

/** The status that a good handshake is answered with. */
export async function answersHandshakes(lane: Lane): Promise<number | undefined> {
  lane.u1.answering = upgrading(lane);
  const conversation = new Conversation(lane.plain);
  await conversation.send(
    Buffer.from(
      'GET /echo/ws HTTP/1.1\r\nHost: gateway.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    ),
  );
  await conversation.settle(false);
  conversation.destroy();
  lane.u1.answering = echo;
  return conversation.answers().final[0]?.status;
}

/** A handshake and what comes behind it. */
export const webSocket: Transport = async (lane, row) => {
  lane.u1.answering = upgrading(lane, row.setup);
  const conversation = new Conversation(row.setup?.includes('cors policy') === true ? lane.cors : lane.plain);
  await conversation.play(movesOf(row));
  await conversation.settle(false);
  const codes = row.expect.client?.ws_close_code;
  if (codes !== undefined) await conversation.until(() => false, 3_000);
  const answers = conversation.answers();
  const { closed } = conversation;
  conversation.destroy();
  lane.u1.answering = echo;
  const code = closeCode(answers.final[0]?.body ?? '') ?? (closed ? 1006 : undefined);
  const more = codes !== undefined && !(code !== undefined && codes.includes(code)) ? [`closed with ${code}`] : [];
  return { answers, closed, same: undefined, more };
};

/** The code of a close frame of the server, if there is one in front. */
function closeCode(bytes: string): number | undefined {
  const frame = Buffer.from(bytes, 'latin1');
  return frame[0] === 0x88 && frame.length >= 4 ? frame.readUInt16BE(2) : undefined;
}
