import { Pool } from 'undici';

/** Requests that go on whatever happens. */
export interface SteadyLoad {
  /** Ends it and tells: every request counts, and what was lost says how. */
  stop(): Promise<{ readonly sent: number; readonly lost: readonly string[] }>;
}

/** Requests without an answer beyond which a machine that cannot keep up is given time: no test ends with a queue of minutes. */
const MOST_WAITING = 2000;

/**
 * Sends requests on keep-alive connections at a steady rate, not waiting for answers to send the next. Each carries a
 * nonce that the echo upstream has to give back: an answer that is another's, cut off or made by the gateway is lost.
 */
export function steadyLoad(url: string, perSecond = 1000): SteadyLoad {
  const pool = new Pool(url, { connections: 50 });
  const lost: string[] = [];
  const running = new Set<Promise<void>>();
  let sent = 0;
  const send = async (nonce: string): Promise<void> => {
    try {
      const post = sent % 2 === 0;
      const { statusCode, body } = await pool.request({
        path: `/${nonce}`,
        method: post ? 'POST' : 'GET',
        headers: { 'x-nonce': nonce },
        body: post ? nonce : null,
      });
      const text = await body.text();
      if (statusCode !== 200 || !text.includes(nonce)) lost.push(`${nonce}: ${statusCode} ${text.slice(0, 100)}`);
    } catch (error) {
      lost.push(`${nonce}: ${String(error)}`);
    }
  };
  let start = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - start) / 1000) * perSecond;
    while (sent < due && running.size < MOST_WAITING) {
      sent += 1;
      const one = send(`nonce-${sent}-end`).finally(() => running.delete(one));
      running.add(one);
    }
    // What could not be sent is not made up for later.
    if (sent < due) start += ((due - sent) / perSecond) * 1000;
  }, 5);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(running);
      await pool.close();
      return { sent, lost };
    },
  };
}
