import type { Listener } from '@postern/model';
import { parseAddress } from './address.ts';
import type { Inspection } from './inspection.ts';
import { isJudged, placeOf, remark, shownAt } from './inspection.ts';
import { collectNames } from './names.ts';
import type { ServerText } from './schema/document.ts';

type ListenerText = NonNullable<ServerText['listen']>[number];

/** Checks the listeners: names and addresses once each, TLS exactly where it is spoken. */
export function checkListeners(inspection: Inspection, texts: readonly ListenerText[]): Listener[] {
  const path = ['server', 'listen'];
  collectNames(inspection, { kind: 'listener', path, things: texts });
  const taken = new Map<string, number>();
  return texts.map((text, position) => {
    const at = [...path, position];
    const address = parseAddress(text.address);
    if (address === undefined && isJudged(inspection, [...at, 'address'])) {
      const message = `${shownAt(inspection, [...at, 'address'])} is not an address`;
      const fix = 'write host:port, for example 127.0.0.1:8080, [::1]:8080, or :8080 for all interfaces';
      remark(inspection, [...at, 'address'], { code: 'server/address', message, fix });
    }
    const key = address === undefined || address.port === 0 ? '' : `${address.host} ${address.port}`;
    const first = key === '' ? undefined : taken.get(key);
    if (first !== undefined) {
      const { line } = placeOf(inspection, [...path, first, 'address']);
      const message = `another listener has the address ${shownAt(inspection, [...at, 'address'])}, on line ${line}`;
      remark(inspection, [...at, 'address'], { code: 'server/address-taken', message, fix: 'give one of them another port' });
    } else if (key !== '') taken.set(key, position);
    checkTls(inspection, text, at);
    return {
      name: text.name,
      host: address?.host ?? '',
      port: address?.port ?? 0,
      protocol: text.protocol ?? 'http',
      tls: text.tls,
      place: placeOf(inspection, at),
    };
  });
}

function checkTls(inspection: Inspection, text: ListenerText, at: readonly (string | number)[]): void {
  const { protocol = 'http', tls } = text;
  if (protocol === 'https' && tls === undefined) {
    const fix = 'add tls: { cert: tls/cert.pem, key: tls/key.pem }';
    remark(inspection, at, { code: 'server/tls-missing', message: 'an https listener needs a certificate', fix });
  } else if (protocol !== 'https' && tls !== undefined) {
    const message = `a certificate has no use on a listener that speaks ${protocol}`;
    remark(inspection, [...at, 'tls'], { code: 'server/tls-unused', message, fix: 'write protocol: https, or remove tls', atKey: true });
  }
}
