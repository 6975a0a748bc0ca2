/** Where the gateway's own words go; the program decides how they look. Never blocks the request path. */
export interface Log {
  info(record: Readonly<Record<string, unknown>>, message: string): void;
  warn(record: Readonly<Record<string, unknown>>, message: string): void;
  error(record: Readonly<Record<string, unknown>>, message: string): void;
  /** One line as a policy wrote it, such as the access log's. */
  write(record: Readonly<Record<string, unknown>>): void;
  /** Lines that were dropped, because nobody read them. Absent: none ever is. */
  dropped?(): number;
}
