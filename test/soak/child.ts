import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import type { FromChild, Measured, ToChild } from './gateway-child.ts';

/** A gateway in a process of its own. */
export interface GatewayChild {
  readonly url: string;
  readonly port: number;
  /** Gives it another document, without waiting for anything. */
  push(text: string): void;
  measure(): Promise<Measured>;
}

/** Starts one on its first document; it ends with the test. */
export async function gatewayChildFor(t: Test, text: string): Promise<GatewayChild> {
  const child = fork(fileURLToPath(new URL('./gateway-child.ts', import.meta.url)), { stdio: 'inherit' });
  t.teardown(() => void child.kill('SIGKILL'));
  const say = (message: ToChild): void => void child.send(message);
  const waiting = new Map<number, (measured: Measured) => void>();
  let asked = 0;
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the gateway ended with ${code}`)));
    child.on('message', (message: FromChild) => {
      if (message.kind === 'port') resolve(message.port);
      else waiting.get(message.id)?.(message.measured);
    });
    say({ kind: 'document', text });
  });
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    push: (document) => say({ kind: 'document', text: document }),
    measure: () =>
      new Promise((resolve) => {
        asked += 1;
        waiting.set(asked, resolve);
        say({ kind: 'measure', id: asked });
      }),
  };
}
