import { problem } from '@postern/kit';
import type { Finding } from '@postern/kit';
import { below, localSteps, mapOf, stepsOf, valueAt } from '../pointer.ts';
import { prepare } from '../prepare.ts';
import type { Prepared } from '../prepare.ts';
import { Schemas } from '../schemas.ts';
import type { Version } from './document.ts';
import { translatorOf } from './translate.ts';

const ROOT = 'https://openapi.invalid/';

/**
 * The schemas of an OpenAPI document that requests need, each compiled once however many operations refer to it. A class because
 * references are found while schemas are made ready.
 */
export class Definitions {
  readonly schemas = new Schemas('2020-12');
  readonly #root: unknown;
  readonly #version: Version;
  readonly #report: (finding: Finding) => void;
  /** Pointers of the document, by the name that the compiled schemas have for them. */
  readonly #names = new Map<string, string>();

  constructor(root: unknown, version: Version, report: (finding: Finding) => void) {
    this.#root = root;
    this.#version = version;
    this.#report = report;
  }

  /** A schema that stands at a pointer of the document, as a reference for others to hold. */
  at(pointer: string): string {
    let name = this.#names.get(pointer);
    if (name === undefined) this.#names.set(pointer, (name = `d${this.#names.size}`));
    return `${ROOT}#/$defs/${name}`;
  }

  /** Follows references of what is no schema: parameters, request bodies, path items. Undefined when one leads nowhere. */
  follow(pointer: string): { readonly pointer: string; readonly map: Readonly<Record<string, unknown>> } | undefined {
    let at = pointer;
    for (let step = 0; step < 16; step += 1) {
      const map = mapOf(valueAt(this.#root, stepsOf(at) ?? []));
      if (map === undefined) return undefined;
      const { $ref } = map;
      if (typeof $ref !== 'string') return { pointer: at, map };
      const steps = localSteps($ref);
      if (steps === undefined) break;
      at = steps.reduce<string>((made, one) => below(made, one), '');
    }
    const message = 'the reference leads to nothing inside the document';
    const fix = 'write what it means into the document; other files and URLs are never read';
    this.#report(problem({ code: 'validate/reference', path: stepsOf(at) ?? [], message, fix }));
    return undefined;
  }

  /** Makes all schemas that were asked for ready, and those they refer to. Call it once, before any is compiled. */
  close(): void {
    const translate = translatorOf(this.#version, this.#root);
    const defs: Record<string, Prepared> = {};
    // The list grows as references are found.
    for (const [pointer, name] of this.#names) {
      const steps = stepsOf(pointer) ?? [];
      defs[name] = prepare(valueAt(this.#root, steps), steps, {
        lenient: true,
        translate,
        reference: (written) => this.#target(written),
        report: this.#report,
      });
    }
    const pointers = new Map([...this.#names].map(([pointer, name]) => [name, pointer]));
    for (const { pointer, words } of this.schemas.problemsOf({ $defs: defs })) {
      const [, name = '', ...rest] = stepsOf(pointer) ?? [];
      const path = [...(stepsOf(pointers.get(name) ?? '') ?? []), ...rest];
      const fix = 'write it as OpenAPI has it: https://spec.openapis.org/oas/latest.html#schema-object';
      this.#report(problem({ code: 'validate/schema', path, message: `this is no schema: it ${words}`, fix }));
    }
    this.schemas.add({ $id: ROOT, $defs: defs });
  }

  #target(written: string): string | undefined {
    const steps = localSteps(written);
    if (steps === undefined || valueAt(this.#root, steps) === undefined) return undefined;
    return this.at(steps.reduce<string>((made, one) => below(made, one), ''));
  }
}
