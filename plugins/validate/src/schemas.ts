import { createRequire } from 'node:module';
import type { Ajv, ErrorObject, Format, Options, ValidateFunction } from 'ajv';
import type { FormatName, FormatsPlugin } from 'ajv-formats';
import type { Fault } from './fault.ts';
import { linearFormats } from './formats.ts';
import { STEP } from './keywords.ts';
import { compilePattern } from './pattern.ts';
import type { Prepared } from './prepare.ts';
import { areUnique } from './same-items.ts';
import { toFaults } from './words.ts';

/** Drafts of JSON Schema that are understood. */
export type Dialect = '2020-12' | 'draft-07';

/** Says what does not fit in a value; `size` is the number of scalars, lists and maps in it. Never throws. */
export type Check = (value: unknown, size: number) => readonly Fault[];

/** Values up to which all faults are looked for; a larger value is left at its first, or the list of errors could outgrow it. */
const SMALL = 5000;
/** References that may be followed, and that for each value: recursion through `anyOf` can grow with a power of the depth. */
const STEPS = 10_000;
const STEPS_PER_VALUE = 100;

const COSTLY = 'would take too long to check';

class TooCostly extends Error {}

// Loaded when the first policy needs it: 50 ms that no other start of the program has to pay for.
const load = createRequire(import.meta.url);
const makers = new Map<Dialect, (options: Options) => Ajv>();
/** Always the same, and some of their patterns are large. */
let formats: readonly (readonly [string, Format])[] | undefined;
/** Checks schemas against the schema of schemas; kept, since that is large and always the same. */
const judges = new Map<Dialect, Ajv>();

/** The schemas of one policy, compiled by ajv: docs/decisions/validate.md says what that rests on. */
export class Schemas {
  readonly #dialect: Dialect;
  readonly #all: Ajv;
  #first: Ajv | undefined = undefined;
  readonly #added: Prepared[] = [];
  readonly #steps = { left: 0 };

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
    this.#all = makeAjv(dialect, { allErrors: true, steps: this.#steps });
  }

  /** What is wrong with a schema as a schema, by its pointer. */
  problemsOf(schema: Prepared): readonly Fault[] {
    let judge = judges.get(this.#dialect);
    if (judge === undefined) {
      judge = makeAjv(this.#dialect, { allErrors: true, steps: { left: Infinity } });
      judges.set(this.#dialect, judge);
    }
    // oxlint-disable-next-line typescript/no-floating-promises -- the schemas of schemas are not asynchronous
    judge.validateSchema(schema);
    return toFaults(judge.errors ?? []);
  }

  /** Adds a schema that others refer to by its `$id`. */
  add(schema: Prepared): void {
    this.#all.addSchema(schema);
    this.#added.push(schema);
  }

  /** The check of a schema, or why there is none in the words of ajv. */
  compile(schema: Prepared): Check | string {
    try {
      const all = this.#all.compile(schema);
      // For large bodies, of which most APIs never see one: compiled when the first comes, from what is known to compile.
      let first: ValidateFunction | undefined;
      const check: Check = (value, size) => {
        if (size <= SMALL) return this.#run(all, value, size);
        first ??= this.#untilFirst().compile(schema);
        return this.#run(first, value, size);
      };
      // What refers to itself at one place of the body never comes to an end, whatever the body is.
      return check(null, 1).some(({ words }) => words === COSTLY) ? 'it refers to itself without end' : check;
    } catch (error) {
      return error instanceof Error ? error.message : 'it cannot be compiled';
    }
  }

  #untilFirst(): Ajv {
    if (this.#first !== undefined) return this.#first;
    this.#first = makeAjv(this.#dialect, { allErrors: false, steps: this.#steps });
    for (const schema of this.#added) this.#first.addSchema(schema);
    return this.#first;
  }

  #run(validate: ValidateFunction, value: unknown, size: number): readonly Fault[] {
    this.#steps.left = STEPS + STEPS_PER_VALUE * size;
    try {
      return validate(value) ? NONE : toFaults(errorsOf(validate));
    } catch (error) {
      // A reference that leads to itself ends the stack; a member named `valueOf` breaks the comparison of ajv. Neither is let pass.
      const costly = error instanceof TooCostly || error instanceof RangeError;
      return [{ pointer: '', words: costly ? COSTLY : 'cannot be compared with what is allowed' }];
    }
  }
}

const NONE: readonly Fault[] = Object.freeze([]);

function errorsOf({ errors }: ValidateFunction): readonly ErrorObject[] {
  return errors ?? [{ keyword: 'schema', instancePath: '', schemaPath: '', params: {} }];
}

interface Made {
  readonly allErrors: boolean;
  readonly steps: { left: number };
}

function makeAjv(dialect: Dialect, { allErrors, steps }: Made): Ajv {
  let make = makers.get(dialect);
  if (make === undefined) makers.set(dialect, (make = makerOf(dialect)));
  const ajv = make({
    allErrors,
    strict: true,
    // Types may stand beside one another; a schema may require what another one describes.
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    allowUnionTypes: true,
    // To look for such members ajv would run patterns on the engine of JavaScript.
    allowMatchingProperties: true,
    // `constructor` is a member only where the body has it.
    ownProperties: true,
    messages: false,
    logger: false,
    validateSchema: false,
    addUsedSchema: false,
    multipleOfPrecision: 9,
    // Unoptimised it is made in two thirds of the time, and runs as fast.
    code: { regExp: REGEXP, optimize: false },
  });
  // Known where references are looked up, and yet no word of its strict mode.
  ajv.addKeyword('$anchor');
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (wanted: boolean, items: readonly unknown[]) => !wanted || areUnique(items),
  });
  ajv.addKeyword({
    keyword: STEP,
    schemaType: 'boolean',
    validate: () => {
      steps.left -= 1;
      if (steps.left < 0) throw new TooCostly();
      return true;
    },
  });
  formats ??= [...linearFormats(libraryFormat)];
  for (const [name, format] of formats) ajv.addFormat(name, format);
  return ajv;
}

function makerOf(dialect: Dialect): (options: Options) => Ajv {
  // oxlint-disable-next-line typescript/consistent-type-assertions -- the library is loaded when it is needed, and that is untyped
  const { default: Maker } = load(dialect === '2020-12' ? 'ajv/dist/2020.js' : 'ajv') as {
    readonly default: new (options: Options) => Ajv;
  };
  return (options) => new Maker(options);
}

function libraryFormat(name: FormatName): Format {
  // oxlint-disable-next-line typescript/consistent-type-assertions -- as above
  const { default: library } = load('ajv-formats') as { readonly default: Pick<FormatsPlugin, 'get'> };
  return library.get(name);
}

/** What ajv makes of each `pattern`: RE2 in place of the engine of JavaScript. */
const REGEXP = Object.assign(
  (source: string) => {
    const pattern = compilePattern(source);
    if (pattern.kind === 'wrong') throw new Error(`a pattern cannot be used: ${pattern.words}`);
    return { test: (text: string) => pattern.test(text), toString: () => source };
  },
  { code: 'linearRegExp' },
);
