// The upstream where nginx is missing: the same answers, from one Node process.
import { createServer } from 'node:http';

const { port, answer } = JSON.parse(process.argv[2]);
const sizes = { '/shop/bytes-64k': 65_536, '/shop/bytes-1m': 1_048_576, '/shop/bytes-64m': 67_108_864 };
const bytes = Object.fromEntries(Object.entries(sizes).map(([path, size]) => [path, Buffer.alloc(size, 'x')]));

createServer((request, response) => {
  const { url = '', headers } = request;
  const seen = JSON.stringify({ requestId: headers['x-request-id'] ?? '', edge: headers['x-edge'] ?? '' });
  const body = bytes[url] ?? (url === '/shop/seen' ? seen : answer);
  const send = () => {
    response.setHeader('content-type', url in bytes ? 'application/octet-stream' : 'application/json');
    if (url in bytes || url === '/shop/seen') response.setHeader('x-powered-by', 'upstream');
    response.setHeader('content-length', Buffer.byteLength(body));
    response.end(body);
  };
  if (url === '/shop/sink') request.resume().on('end', send);
  else send();
}).listen(port, '127.0.0.1');
