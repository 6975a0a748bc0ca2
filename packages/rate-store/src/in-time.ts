/** What it was waited for did not come. */
export class Late extends Error {}

/** Rejects with `Late` when the promise takes longer; what has come by then but was not read yet is still in time. */
export function inTime<Value>(promise: Promise<Value>, milliseconds: number): Promise<Value> {
  return new Promise((resolve, reject) => {
    // After a pause of this process the timer is due before the socket is read: one more turn tells them apart.
    const timer = setTimeout(
      () => setImmediate(() => reject(new Late(`it did not answer within ${milliseconds} ms`))),
      milliseconds,
    );
    promise.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
