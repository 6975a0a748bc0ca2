/** One slot for "look again": rings while nobody waits are kept as one. */
export interface Bell {
  readonly ring: () => void;
  /** Resolves at the next ring, at once after one that nobody waited for, or when the time is up. */
  readonly rung: (milliseconds: number) => Promise<void>;
}

/** Makes a bell that has not rung; after the signal it always has. */
export function bell(signal: AbortSignal): Bell {
  let rang = false;
  let wake: (() => void) | undefined;
  const ring = (): void => {
    rang = true;
    wake?.();
  };
  signal.addEventListener('abort', ring);
  return {
    ring,
    rung: async (milliseconds) => {
      if (!rang) {
        let timer: NodeJS.Timeout | undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
          timer = setTimeout(resolve, milliseconds);
        });
        clearTimeout(timer);
        wake = undefined;
      }
      rang = signal.aborted;
    },
  };
}
