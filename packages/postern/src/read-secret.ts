import { HiddenLines } from './hidden-lines.ts';

/** Bytes of the longest secret: what plugins take. */
const LONGEST = 1024;
// oxlint-disable-next-line no-control-regex -- neither a header nor a password of RFC 7617 can carry one
const CONTROL = /[\x00-\x1f\x7f]/;

/** A secret, or why there is none. */
export type SecretRead =
  | { readonly kind: 'read'; readonly secret: string }
  | { readonly kind: 'none'; readonly message: string; readonly fix: string };

/**
 * Reads a secret: on a terminal without showing it, and twice, for nobody sees a slip; else all of standard input, less one line
 * break at its end.
 */
export async function readSecret(what: 'key' | 'password'): Promise<SecretRead> {
  const { stdin } = process;
  if (!stdin.isTTY) return judge(await readAll(stdin));
  const lines = new HiddenLines(stdin);
  try {
    const first = await lines.ask(`${what}: `);
    if (first === undefined) return none('nothing was read', `type the ${what} and press enter`);
    const judged = judge(Buffer.from(first));
    if (judged.kind === 'none') return judged;
    return (await lines.ask(`${what} again: `)) === first
      ? judged
      : none('the two are not the same', 'start again: one of them has a slip');
  } finally {
    lines.close();
  }
}

/** Decides whether that can be a secret. Pure. */
function judge(bytes: Uint8Array): SecretRead {
  if (bytes.length > LONGEST + 2) return none(`it has more than ${LONGEST} bytes`, 'take a shorter one');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return none('it is not UTF-8', 'write it as text');
  }
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') return none('it is empty', 'write it to standard input: printf %s "$SECRET" | postern hash --key');
  if (CONTROL.test(secret)) return none('it has a line break or a control character', 'no request could carry it');
  if (Buffer.byteLength(secret) > LONGEST) return none(`it has more than ${LONGEST} bytes`, 'take a shorter one');
  return { kind: 'read', secret };
}

function none(message: string, fix: string): SecretRead {
  return { kind: 'none', message, fix };
}

/** Everything, up to where it is too long anyhow. */
async function readAll(input: NodeJS.ReadStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of input) {
    const bytes: Uint8Array = Buffer.from(chunk);
    chunks.push(bytes);
    length += bytes.length;
    if (length > LONGEST + 2) break;
  }
  return Buffer.concat(chunks);
}
