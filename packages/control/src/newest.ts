import type { Source, SourceEvent } from '@postern/model';

type Kind<Name extends SourceEvent['kind']> = Extract<SourceEvent, { kind: Name }>;

/**
 * Reads a source ahead of its reader and keeps only the newest document: what came while a build ran is overtaken. A
 * trouble after a document does not displace it, it is still the newest there is; a document ends an older trouble.
 * Of alarms the last about each thing is kept, and they come first. Never throws: a source that does becomes its own last
 * trouble.
 */
export async function* newest(source: Source, signal: AbortSignal): AsyncGenerator<SourceEvent, void, undefined> {
  const alarms = new Map<string, Kind<'alarm'> | Kind<'calm'>>();
  let document: Kind<'text'> | Kind<'refused'> | undefined;
  let trouble: Kind<'unreadable'> | undefined;
  let ended = false;
  let wake: (() => void) | undefined;

  function keep(event: SourceEvent): void {
    if (event.kind === 'alarm' || event.kind === 'calm') alarms.set(event.about, event);
    else if (event.kind === 'unreadable') trouble = event;
    else {
      document = event;
      trouble = undefined;
    }
  }

  function take(): SourceEvent | undefined {
    for (const [about, alarm] of alarms) {
      alarms.delete(about);
      return alarm;
    }
    const event: SourceEvent | undefined = document ?? trouble;
    if (event === document) document = undefined;
    else trouble = undefined;
    return event;
  }

  async function readAhead(): Promise<void> {
    try {
      for await (const event of source.open(signal)) {
        keep(event);
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
    const event = take();
    if (event !== undefined) yield event;
    else if (ended) break;
    else await new Promise<void>((resolve) => (wake = resolve));
  }
  await reading;
}
