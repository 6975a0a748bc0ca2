import { connect } from 'node:http2';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import type { Test } from 'tap';

/** What came back over HTTP/2. */
export interface Http2Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A session with prior knowledge to a port of this machine, closed when the test ends. */
export function http2For(
  t: Pick<Test, 'teardown'>,
  port: number,
): (headers: OutgoingHttpHeaders, body?: string | Buffer) => Promise<Http2Answer> {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  t.teardown(() => session.destroy());
  return async (headers, body) => {
    const stream = session.request(headers, { endStream: body === undefined });
    if (body !== undefined) stream.end(body);
    const head = await new Promise<IncomingHttpHeaders>((resolve, reject) => {
      stream.once('response', resolve);
      stream.once('error', reject);
    });
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(Buffer.from(chunk));
    return { status: Number(head[':status']), headers: head, body: Buffer.concat(chunks).toString() };
  };
}
