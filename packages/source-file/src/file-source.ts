import { defineSource } from '@postern/kit';
import type { Source, SourceEvent } from '@postern/kit';
import { watchHints } from './hints.ts';
import { settledLook } from './look.ts';

/**
 * A source that is one file, watched. Yields its text at once and then whenever its content changed; says `unreadable`
 * while there is no file to read. Never throws; ends with the signal. `path` stands in issues as it is written here.
 */
export function fileSource(path: string): Source {
  return defineSource({ name: 'file', open: (signal) => events(path, signal) });
}

async function* events(path: string, signal: AbortSignal): AsyncGenerator<SourceEvent, void, undefined> {
  let revision = 0;
  let known = '';
  const bell = openBell(signal);
  const unwatch = watchHints([path], bell.ring);
  try {
    while (!signal.aborted) {
      const seen = await settledLook(path, known);
      if (signal.aborted) return;
      if (seen.key === known) {
        await bell.rung();
        continue;
      }
      known = seen.key;
      if (seen.kind === 'bytes') yield { kind: 'text', text: seen.bytes, origin: path, revision: (revision += 1) };
      else yield { kind: 'unreadable', origin: path, message: `${path} ${seen.message}`, fix: seen.fix };
    }
  } finally {
    unwatch();
    bell.close();
  }
}

interface Bell {
  readonly ring: () => void;
  /** Resolves at the next ring, or at once after one that nobody waited for. */
  readonly rung: () => Promise<void>;
  readonly close: () => void;
}

/** One slot for "look again": rings while nobody waits are kept as one. */
function openBell(signal: AbortSignal): Bell {
  let waiting: (() => void) | undefined;
  let rang = false;
  function ring(): void {
    rang = true;
    waiting?.();
  }
  signal.addEventListener('abort', ring);
  return {
    ring,
    async rung(): Promise<void> {
      if (!rang) await new Promise<void>((resolve) => (waiting = resolve));
      waiting = undefined;
      rang = false;
    },
    close: () => signal.removeEventListener('abort', ring),
  };
}
