// Loaded before the program: another wall clock. POSTERN_TEST_CLOCK is how far it is off, in milliseconds;
// POSTERN_TEST_STEP how far SIGWINCH moves it while the program runs.
const Real = Date;
let off = Number(process.env['POSTERN_TEST_CLOCK'] ?? 0);

globalThis.Date = new Proxy(Real, {
  construct: (target, words, self) => Reflect.construct(target, words.length === 0 ? [Real.now() + off] : words, self),
  apply: () => new Real(Real.now() + off).toString(),
  get: (target, name, self) => (name === 'now' ? () => Real.now() + off : Reflect.get(target, name, self)),
});
process.on('SIGWINCH', () => (off += Number(process.env['POSTERN_TEST_STEP'] ?? 0)));
