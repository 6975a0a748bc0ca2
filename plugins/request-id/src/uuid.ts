/** Makes an id in the shape of a random UUID (RFC 4122 version 4) from the only chance that a policy has. */
export function uuid(chance: { random(): number }): string {
  const a = word(chance);
  const b = word(chance);
  const c = word(chance);
  const d = word(chance);
  // Thirteenth digit: the version. Seventeenth: two fixed bits.
  const version = `4${b.slice(5)}`;
  const variant = `${'89ab'.charAt(parseInt(c.charAt(0), 16) & 3)}${c.slice(1, 4)}`;
  return `${a}-${b.slice(0, 4)}-${version}-${variant}-${c.slice(4)}${d}`;
}

/** Eight hex digits. */
function word(chance: { random(): number }): string {
  return Math.floor(chance.random() * 0x1_0000_0000)
    .toString(16)
    .padStart(8, '0');
}
