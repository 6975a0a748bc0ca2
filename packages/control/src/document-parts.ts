import type { CheckedDocument, CheckedGroup } from '@postern/model';

/** A checked document in parts: small enough that whoever takes one in is not held up. */
export type DocumentPart =
  | { readonly kind: 'document'; readonly document: Omit<CheckedDocument, 'groups'> }
  | { readonly kind: 'group'; readonly group: Omit<CheckedGroup, 'routes'> }
  | { readonly kind: 'routes'; readonly routes: CheckedGroup['routes'] };

const ROUTES_PER_PART = 250;

/** Cuts a document for its way to another thread or process. */
export function* partsOf({ groups, ...document }: CheckedDocument): Generator<DocumentPart> {
  yield { kind: 'document', document };
  for (const { routes, ...group } of groups) {
    yield { kind: 'group', group };
    for (let at = 0; at < routes.length; at += ROUTES_PER_PART) {
      yield { kind: 'routes', routes: routes.slice(at, at + ROUTES_PER_PART) };
    }
  }
}

/** A document that is put together again, part by part, in the order in which they were cut. */
export class DocumentAssembly {
  readonly #groups: {
    readonly group: Omit<CheckedGroup, 'routes'>;
    readonly routes: CheckedGroup['routes'][number][];
  }[] = [];
  #document: Omit<CheckedDocument, 'groups'> | undefined;

  take(part: DocumentPart): void {
    switch (part.kind) {
      case 'document':
        this.#document = part.document;
        return;
      case 'group':
        this.#groups.push({ group: part.group, routes: [] });
        return;
      case 'routes':
        this.#groups.at(-1)?.routes.push(...part.routes);
        return;
      default:
        part satisfies never;
    }
  }

  /** Undefined: its first part is missing. */
  get document(): CheckedDocument | undefined {
    if (this.#document === undefined) return undefined;
    return { ...this.#document, groups: this.#groups.map(({ group, routes }) => ({ ...group, routes })) };
  }
}
