import type { Issue, SourceEvent } from '@postern/model';

/** A document that was accepted, with what its acceptance said. */
export interface AcceptedDocument {
  readonly event: Extract<SourceEvent, { kind: 'text' }>;
  readonly digest: string;
  readonly warnings: readonly Issue[];
  readonly restartNeeded: boolean;
  /** ISO 8601. */
  readonly at: string;
}

/** Documents that may still be spoken of: a cell goes back by a few at most. */
const MOST = 8;

/** The documents that were accepted last, by digest: a cell may say something about one of them later. */
export class AcceptedDocuments {
  readonly #documents = new Map<string, AcceptedDocument>();

  add(document: AcceptedDocument): void {
    this.#documents.delete(document.digest);
    this.#documents.set(document.digest, document);
    for (const oldest of this.#documents.keys()) {
      if (this.#documents.size <= MOST) return;
      this.#documents.delete(oldest);
    }
  }

  get(digest: string | undefined): AcceptedDocument | undefined {
    return digest === undefined ? undefined : this.#documents.get(digest);
  }
}
