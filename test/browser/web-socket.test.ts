/** A web socket of a real browser, with the extension, the sub-protocol and the origin that it sends. */
import { createServer } from 'node:http';
import { test } from 'tap';
import { LONGEST, browserFor } from '../kit/chromium.ts';
import { gatewayFor } from '../kit/gateway.ts';
import { listen } from '../kit/listen.ts';
import { documentOf, socketUpstreamFor } from '../kit/web-socket.ts';

/** Runs in the page: two messages there and back, then a close with a code; or what the browser says of a refusal. */
function converse(url: string): Promise<readonly unknown[]> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, ['second', 'first']);
    const heard: unknown[] = [];
    socket.addEventListener('open', () => {
      heard.push(`${socket.protocol} ${socket.extensions}`);
      socket.send('one');
      socket.send('two '.repeat(100_000));
    });
    socket.addEventListener('message', ({ data }) => {
      heard.push(String(data).length);
      if (heard.length === 3) socket.close(4000, 'enough');
    });
    socket.addEventListener('close', ({ code, reason, wasClean }) => resolve([...heard, code, reason, wasClean]));
  });
}

test(
  'Chromium talks through a web socket, and is refused one from a page of another origin',
  { timeout: 300_000 },
  async (t) => {
    const browser = await browserFor(t);
    if (browser === undefined) {
      t.pass('no browser on this machine', { skip: true });
      return;
    }
    const pages = createServer(
      (_request, response) => void response.setHeader('content-type', 'text/html').end('<!doctype html>'),
    );
    const port = await listen(t, pages);
    const origins = { app: `http://app.localhost:${port}`, evil: `http://evil.localhost:${port}` };
    const upstream = await socketUpstreamFor(t, undefined, { perMessageDeflate: true });
    const policies = `  - { name: shared, plugin: cors, config: { allowOrigins: ["${origins.app}"], allowCredentials: true } }`;
    const gateway = await gatewayFor(t, documentOf(upstream.url, '', policies));
    const url = `ws://127.0.0.1:${gateway.port()}/chat`;
    const hears = async (origin: string): Promise<readonly unknown[]> => {
      const page = await browser.newPage();
      await page.goto(origin, { timeout: LONGEST });
      return page.evaluate(converse, url);
    };
    t.same(await hears(origins.app), ['second permessage-deflate', 3, 400_000, 4000, 'enough', true]);
    t.equal(upstream.asked[0]?.headers.origin, origins.app);
    t.same(await hears(origins.evil), [1006, '', false]);
    t.equal(upstream.asked.length, 1);
    t.match(gateway.written.at(-1), { status: 403, code: 'cors/origin-not-allowed' });
  },
);
