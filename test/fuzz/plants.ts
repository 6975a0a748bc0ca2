/** One exact piece of a product file and what a careless change would make of it. */
interface Edit {
  /** From the root of the repository. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** A bug that is planted on purpose in a process of a test, and nowhere else. */
interface Plant {
  readonly name: string;
  /** What has to find it. */
  readonly subject: 'requests' | 'answers' | 'documents' | 'policies';
  readonly edits: readonly Edit[];
  /** Takes many inputs, or is much like another one: hunted in the long form only. */
  readonly long?: true;
}

const FRAMING = 'packages/server/src/wire/request-framing.ts';
const CHUNKS = 'packages/server/src/wire/chunked-reader.ts';
const FIELDS = 'packages/server/src/wire/field-lines.ts';
const CONNECTION = 'packages/server/src/wire/connection.ts';
const UPSTREAM = 'packages/server/src/wire/upstream-connection.ts';
const TARGET = 'packages/engine/src/target.ts';
const GATE = 'packages/engine/src/gate.ts';
const NAMES = 'packages/engine/src/field-names.ts';

/** All of them. */
export const PLANTS: readonly Plant[] = [
  {
    name: 'a sign in front of Content-Length is taken',
    subject: 'requests',
    edits: [
      {
        file: FRAMING,
        from: 'if (code < 0x30 || code > 0x39) return false;',
        to: 'if (code !== 0x2b && (code < 0x30 || code > 0x39)) return false;',
      },
    ],
  },
  {
    name: 'the last of two Content-Length lines wins',
    subject: 'requests',
    long: true,
    edits: [
      {
        file: FRAMING,
        from: "if (length !== undefined) return malformed('The request has more than one Content-Length field.');",
        to: '',
      },
    ],
  },
  {
    name: 'Transfer-Encoding wins over Content-Length',
    subject: 'requests',
    long: true,
    edits: [
      {
        file: FRAMING,
        from: 'if (coding !== undefined && length !== undefined)',
        to: 'if (coding === "" && length !== undefined)',
      },
    ],
  },
  {
    name: 'any transfer coding that ends in chunked is chunked',
    subject: 'requests',
    long: true,
    edits: [
      { file: FRAMING, from: "coding.toLowerCase() === 'chunked' ?", to: "coding.toLowerCase().endsWith('chunked') ?" },
      {
        file: GATE,
        from: "if (coding.toLowerCase() === 'chunked') return undefined;",
        to: "if (coding.toLowerCase().endsWith('chunked')) return undefined;",
      },
    ],
  },
  {
    name: 'what stands behind the size of a chunk is skipped',
    subject: 'requests',
    edits: [
      { file: CHUNKS, from: "else this.#expect(byte, SEMICOLON, 'extension');", to: "else this.#state = 'extension';" },
    ],
  },
  {
    name: 'a bare LF ends a field line',
    subject: 'requests',
    edits: [
      {
        file: FIELDS,
        from: "if (code !== CR || head.charCodeAt(at + 1) !== LF) return 'a field value holds a control byte';",
        to: "if (code === LF) at -= 1; else if (code !== CR || head.charCodeAt(at + 1) !== LF) return 'a field value holds a control byte';",
      },
    ],
  },
  {
    name: 'a name with _ for - passes',
    subject: 'requests',
    edits: [{ file: NAMES, from: "if (!name.includes('_')) return false;", to: 'if (name !== "") return false;' }],
  },
  {
    name: 'a second Host line is not seen',
    subject: 'requests',
    edits: [
      {
        file: GATE,
        from: "if (host !== undefined) hostProblem = 'The request has more than one Host field.';",
        to: '',
      },
    ],
  },
  {
    name: 'a byte is lost where a chunk comes in two reads',
    subject: 'requests',
    long: true,
    edits: [
      {
        file: CHUNKS,
        from: 'const data = bytes.subarray(at, end);',
        to: 'const data = bytes.subarray(at, end - at < this.#size && end - at > 1 ? end - 1 : end);',
      },
    ],
  },
  {
    name: 'a request that comes before the answer to the last one is answered at once',
    subject: 'requests',
    edits: [
      {
        file: CONNECTION,
        from: 'if (this.#rest.length > MOST_AHEAD) this.#socket.pause();\n        return;',
        to: 'return this.lookAtRead();',
      },
      {
        file: CONNECTION,
        from: 'if (bytes === undefined || this.#response !== undefined)',
        to: 'if (bytes === undefined)',
      },
    ],
  },
  {
    name: 'encoded dots are not decoded before the match',
    subject: 'policies',
    edits: [{ file: TARGET, from: '    byte === DOT ||\n', to: '' }],
  },
  {
    name: 'an origin is compared by its beginning',
    subject: 'policies',
    edits: [
      {
        file: 'plugins/cors/src/matcher.ts',
        from: 'return exact.has(origin) ||',
        to: 'return [...exact].some((one) => origin.startsWith(one)) ||',
      },
    ],
  },
  {
    name: 'surplus bytes of an upstream are the beginning of its next answer',
    subject: 'answers',
    edits: [
      {
        file: UPSTREAM,
        from: 'else if (body.done) this.#finish(body.next < bytes.length);',
        to: 'else if (body.done) { this["kept"] = bytes.subarray(body.next); this.#finish(false); }',
      },
      {
        file: UPSTREAM,
        from: "this.#state = 'head';\n",
        to: "this.#state = 'head';\n    if (this['kept']?.length > 0) { const kept = this['kept']; this['kept'] = undefined; setImmediate(() => this.#read(kept)); }\n",
      },
    ],
  },
  {
    name: 'an answer that was cut looks whole',
    subject: 'answers',
    long: true,
    edits: [
      { file: UPSTREAM, from: "this.#state === 'body' && this.#body.endsWithConnection", to: "this.#state === 'body'" },
    ],
  },
  {
    name: 'aliases may stand for any number of values',
    subject: 'documents',
    long: true,
    edits: [
      { file: 'packages/config/src/aliases.ts', from: 'const MAX_ALIASES = 100;', to: 'const MAX_ALIASES = 1e9;' },
      {
        file: 'packages/config/src/aliases.ts',
        from: 'const MAX_EXPANDED = 100_000;',
        to: 'const MAX_EXPANDED = 1e9;',
      },
    ],
  },
  {
    name: 'a key of a document reaches Object.prototype',
    subject: 'documents',
    edits: [
      {
        file: 'packages/config/src/plain.ts',
        from: 'for (const [key, { value }] of node.members) map[key] = toPlain(value, references);',
        to: 'for (const [key, { value }] of node.members) { const member = toPlain(value, references); if (key === "__proto__") Object.assign(Object.prototype, member); else map[key] = member; }',
      },
    ],
  },
  {
    name: 'lines are counted from 0',
    subject: 'documents',
    long: true,
    edits: [
      { file: 'packages/config/src/tree.ts', from: 'return { file, line: low + 1,', to: 'return { file, line: low,' },
    ],
  },
  {
    name: 'a refused document has been put in place before its tests ran',
    subject: 'documents',
    long: true,
    edits: [
      {
        file: 'packages/server/src/cell.ts',
        from: "const proven = compiled.kind === 'refused' ?",
        to: "if (compiled.kind === 'accepted') this.#swap(candidate, compiled.value);\n    const proven = compiled.kind === 'refused' ?",
      },
    ],
  },
];
