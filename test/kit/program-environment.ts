/**
 * What a program that a test starts gets of the environment: `PATH`. To be covered as well it would have to compile everything at each
 * start, which doubles its time: only `COVER_PROGRAMS=1 npm test -- --all` has that.
 */
export function programEnvironment(): Readonly<Record<string, string>> {
  const { NODE_V8_COVERAGE, COVER_PROGRAMS, PATH = '' } = process.env;
  return NODE_V8_COVERAGE === undefined || COVER_PROGRAMS !== '1' ? { PATH } : { PATH, NODE_V8_COVERAGE };
}
