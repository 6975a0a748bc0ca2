import type { NodeProcess } from './node-process.ts';
import { until } from './until.ts';

/** What a node with `preload: ['figures.ts']` says of itself. */
export interface Figures {
  /** Milliseconds: the longest turn of its event loop since it was asked last. */
  readonly longestTurn: number;
  /** Bytes that a collection of garbage left, buffers included. */
  readonly kept: number;
}

/** Asks a node for its figures, and has it begin anew. */
export async function figuresOf(node: NodeProcess): Promise<Figures> {
  const known = node.lines.length;
  const said = (): string | undefined => node.lines.slice(known).find((line) => line.startsWith('{"figures"'));
  node.signal('SIGWINCH');
  await until(async () => said() !== undefined, 'the node says no figures');
  return JSON.parse(said() ?? '').figures;
}
