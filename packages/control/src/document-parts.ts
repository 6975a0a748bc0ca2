import type { CheckedDocument, CheckedGroup, CheckedRoute } from '@postern/model';
import { isSameData } from './same-data.ts';

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

interface GroupAssembly {
  readonly group: Omit<CheckedGroup, 'routes'>;
  readonly routes: CheckedRoute[];
  /** Of the group of that name in the document before. */
  readonly before: readonly CheckedRoute[];
}

/**
 * A document that is put together again, part by part, in the order in which they were cut. A route that is as it was in the
 * document before is that very route: a gateway holds several documents, and they differ by a few lines.
 */
export class DocumentAssembly {
  readonly #before: ReadonlyMap<string, readonly CheckedRoute[]>;
  readonly #groups: GroupAssembly[] = [];
  #document: Omit<CheckedDocument, 'groups'> | undefined;

  constructor(before: CheckedDocument | undefined) {
    this.#before = new Map(before?.groups.map(({ name, routes }) => [name, routes]));
  }

  take(part: DocumentPart): void {
    switch (part.kind) {
      case 'document':
        this.#document = part.document;
        return;
      case 'group':
        this.#groups.push({ group: part.group, routes: [], before: this.#before.get(part.group.name) ?? [] });
        return;
      case 'routes':
        return this.#takeRoutes(part.routes);
      default:
        part satisfies never;
    }
  }

  #takeRoutes(taken: readonly CheckedRoute[]): void {
    const last = this.#groups.at(-1);
    if (last === undefined) return;
    const { routes, before } = last;
    for (const route of taken) {
      const twin = before[routes.length];
      routes.push(twin !== undefined && isSameData(twin, route) ? twin : route);
    }
  }

  /** Undefined: its first part is missing. */
  get document(): CheckedDocument | undefined {
    if (this.#document === undefined) return undefined;
    return { ...this.#document, groups: this.#groups.map(({ group, routes }) => ({ ...group, routes })) };
  }
}
