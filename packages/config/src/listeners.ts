import type { Listener, Path } from '@postern/model';
import type { Address } from './address.ts';
import { clash, parseAddress } from './address.ts';
import type { Inspection } from './inspection.ts';
import { hasUnknownKey, isJudged, isSecret, placeOf, remark, shownAt } from './inspection.ts';
import { collectNames } from './names.ts';
import { nodeAt } from './tree.ts';
import type { ServerText } from './schema/document.ts';

type ListenerText = NonNullable<ServerText['listen']>[number];

/** Checks the listeners: names and addresses once each, TLS exactly where it is spoken. */
export function checkListeners(inspection: Inspection, texts: readonly ListenerText[]): Listener[] {
  const path = ['server', 'listen'];
  collectNames(inspection, { kind: 'listener', path, things: texts });
  const taken: Taken[] = [];
  return texts.map((text, position) => {
    const at = [...path, position];
    const address = checkAddress(inspection, text.address, { path: [...at, 'address'], taken });
    checkTls(inspection, text, at);
    const { name, protocol = 'http', tls } = text;
    return { name, host: address?.host ?? '', port: address?.port ?? 0, protocol, tls, place: placeOf(inspection, at) };
  });
}

/** An address of the document that something listens on. */
export interface Taken {
  readonly address: Address;
  readonly path: Path;
}

/** Reads an address to listen on; what is none, or clashes with one that is taken, is an issue. */
export function checkAddress(
  inspection: Inspection,
  text: string,
  { path, taken }: { readonly path: Path; readonly taken: Taken[] },
): Address | undefined {
  const address = parseAddress(text);
  if (address === undefined) {
    if (!isJudged(inspection, path)) return undefined;
    const port = /:(\d{5,})$/.exec(text)?.[1];
    const message = `${shownAt(inspection, path)} is not an address`;
    const fix =
      port !== undefined && Number(port) > 65535 && !isSecret(inspection, path)
        ? `write a port up to 65535 in place of ${port}`
        : 'write host:port, for example 127.0.0.1:8080, [::1]:8080, or :8080 for all interfaces';
    remark(inspection, path, { code: 'server/address', message, fix });
    return undefined;
  }
  const other = taken.find((before) => clash(before.address, address));
  if (other !== undefined) {
    const { line } = placeOf(inspection, other.path);
    const message = `${shownAt(inspection, path)} is taken by the address on line ${line}`;
    remark(inspection, path, { code: 'server/address-taken', message, fix: 'give one of them another port' });
  }
  taken.push({ address, path });
  return address;
}

function checkTls(inspection: Inspection, text: ListenerText, at: Path): void {
  const { protocol = 'http', tls } = text;
  const spoken = nodeAt(inspection.tree, [...at, 'protocol']);
  // A protocol that is mistyped says nothing about the certificate.
  if (spoken !== undefined && (spoken.kind !== 'scalar' || spoken.value !== protocol)) return;
  if (protocol === 'https' && tls === undefined && !hasUnknownKey(inspection, at)) {
    const fix = 'add tls: { cert: tls/cert.pem, key: tls/key.pem }';
    remark(inspection, at, { code: 'server/tls-missing', message: 'an https listener needs a certificate', fix });
  } else if (protocol !== 'https' && tls !== undefined) {
    const message = `a certificate has no use on a listener that speaks ${protocol}`;
    remark(inspection, [...at, 'tls'], {
      code: 'server/tls-unused',
      message,
      fix: 'write protocol: https, or remove tls',
      atKey: true,
    });
  }
}
