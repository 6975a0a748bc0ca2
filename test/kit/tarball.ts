import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const BLOCK = 512;

/** What `npm pack` makes of a folder, but for its rules about what to leave out: a gzip-ed archive below `package/`. */
export function tarballOf(folder: string): Buffer {
  const parts: Buffer[] = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = `package/${path.slice(folder.length + 1).replaceAll('\\', '/')}`;
    if (!entry.isFile() || name.includes('/node_modules/')) continue;
    const bytes = readFileSync(path);
    const executable = (statSync(path).mode & 0o100) !== 0;
    parts.push(headerOf(name, bytes.length, executable), bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK));
  }
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]), { level: 1 });
}

/** The header of one file, as POSIX.1-1988 (ustar) has it. */
function headerOf(path: string, size: number, executable: boolean): Buffer {
  const header = Buffer.alloc(BLOCK);
  const [prefix, name] = split(path);
  header.write(name, 0, 100);
  header.write(executable ? '0000755\0' : '0000644\0', 100);
  header.write('0000000\0'.repeat(2), 108);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write(' '.repeat(8), 148);
  header.write('0', 156);
  header.write('ustar\u000000', 257);
  header.write(prefix, 345, 155);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

function split(path: string): readonly [prefix: string, name: string] {
  if (Buffer.byteLength(path) <= 100) return ['', path];
  const at = path.indexOf('/', path.length - 101);
  const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
  if (at < 0 || Buffer.byteLength(prefix) > 155) throw new Error(`too long for an archive: ${path}`);
  return [prefix, name];
}
