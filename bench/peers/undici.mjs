// The floor: node:http (or http2) and undici's dispatch, with the policies written by hand. No gateway, no checks.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createServer2 } from 'node:http2';
import { Pool } from 'undici';

const { port, upstream, protocol, policies, cors: rules, edits } = JSON.parse(process.argv[2]);
const pool = new Pool(`http://127.0.0.1:${upstream}`, { connections: 256, pipelining: 1 });
const pattern = new RegExp(`^${rules.pattern}$`);
const methods = rules.methods.join(', ');
const headers = rules.headers.join(', ');
const maxAge = String(rules.maxAge);
const hop = new Set(['connection', 'keep-alive', 'transfer-encoding', edits.removed]);
const refusal = '{"status":403,"title":"Forbidden","code":"origin-not-allowed"}';

function handle(request, response) {
  const { origin } = request.headers;
  const allowed = origin !== undefined && pattern.test(origin);
  const answer = ['vary', 'Origin'];
  if (allowed) answer.push('access-control-allow-origin', origin);
  if (origin !== undefined && request.method === 'OPTIONS' && 'access-control-request-method' in request.headers) {
    answer.push('access-control-allow-methods', methods, 'access-control-allow-headers', headers);
    response.writeHead(204, [...answer, 'access-control-max-age', maxAge]).end();
    return;
  }
  if (policies === 'strict' && origin !== undefined && !allowed) {
    response.writeHead(403, [...answer, 'content-type', 'application/problem+json']).end(refusal);
    return;
  }
  const outgoing = [];
  const { rawHeaders } = request;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at].toLowerCase();
    if (name !== 'host' && name !== 'connection' && !name.startsWith(':')) outgoing.push(name, rawHeaders[at + 1]);
  }
  if (policies === 'five') {
    const id = randomUUID();
    outgoing.push('x-request-id', id, edits.upstream.name, edits.upstream.value);
    answer.push('x-request-id', id, edits.answer.name, edits.answer.value, edits.also.name, edits.also.value);
  }
  const hasBody = 'content-length' in request.headers || 'transfer-encoding' in request.headers;
  pool.dispatch(
    { method: request.method, path: request.url, headers: outgoing, body: hasBody ? request : null },
    new Relay(response, answer),
  );
}

class Relay {
  constructor(response, answer) {
    this.response = response;
    this.answer = answer;
    this.waits = false;
  }

  onRequestStart(controller) {
    this.response.on('close', () => this.response.writableEnded || controller.abort(new Error('gone')));
    this.response.on('drain', () => controller.resume());
  }

  onResponseStart(controller, status) {
    const raw = controller.rawHeaders;
    for (let at = 0; at < raw.length; at += 2) {
      const name = raw[at].toString('latin1').toLowerCase();
      if (!hop.has(name)) this.answer.push(name, raw[at + 1].toString('latin1'));
    }
    this.response.writeHead(status, this.answer);
  }

  onResponseData(controller, chunk) {
    if (!this.response.write(chunk)) controller.pause();
  }

  onResponseEnd() {
    this.response.end();
  }

  onResponseError() {
    if (this.response.headersSent) this.response.destroy();
    else this.response.writeHead(502).end();
  }
}

(protocol === 'h2c' ? createServer2({}, handle) : createServer(handle)).listen(port, '127.0.0.1');
