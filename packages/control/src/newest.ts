import type { Source, SourceEvent } from '@postern/model';

type Text = Extract<SourceEvent, { kind: 'text' }>;
type Trouble = Extract<SourceEvent, { kind: 'unreadable' }>;

/**
 * Reads a source ahead of its reader and keeps only the newest text: what came while a build ran is overtaken. A
 * trouble after a text does not displace it, the text is still the newest there is; a text ends an older trouble.
 * Never throws: a source that does becomes its own last trouble.
 */
export async function* newest(source: Source, signal: AbortSignal): AsyncGenerator<SourceEvent, void, undefined> {
  let text: Text | undefined;
  let trouble: Trouble | undefined;
  let ended = false;
  let wake: (() => void) | undefined;

  async function readAhead(): Promise<void> {
    try {
      for await (const event of source.open(signal)) {
        if (event.kind === 'text') {
          text = event;
          trouble = undefined;
        } else trouble = event;
        wake?.();
      }
    } catch (error) {
      trouble = {
        kind: 'unreadable',
        origin: source.name,
        message: `source ${source.name} broke down: ${error instanceof Error ? error.message : String(error)}`,
        fix: 'restart the gateway, and report this as a bug of the source',
      };
    }
    ended = true;
    wake?.();
  }

  const reading = readAhead();
  while (!signal.aborted) {
    const event: SourceEvent | undefined = text ?? trouble;
    if (event?.kind === 'text') text = undefined;
    else trouble = undefined;
    if (event !== undefined) yield event;
    else if (ended) break;
    else await new Promise<void>((resolve) => (wake = resolve));
  }
  await reading;
}
