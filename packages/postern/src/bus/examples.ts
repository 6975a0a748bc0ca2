const EXIT_CODES = 'Exit codes: 0 done, 1 refused or failed, 2 wrong usage.';

/** What `--help` shows below the options. */
export const EXAMPLES = {
  push: `
Examples:
  $ postern push gateway.yaml --nats nats://127.0.0.1:4222
  $ postern push gateway.yaml --message "longer preflights" --expect-revision 57
  $ postern push gateway.yaml --sign postern-key.pem --wait 1m
  $ postern push live.yaml --server node.yaml    checked as a node with that file does
  $ NATS_URL=tls://bus.example.com postern push gateway.yaml --creds ci.creds --json

Bucket and key that are not named here are those of the server section: of --server, or of the file.

Exit codes: 0 every node accepted or none listens, 1 refused, late or failed, 2 wrong usage.`,
  rollback: `
Examples:
  $ postern rollback 56 --nats nats://127.0.0.1:4222
  $ postern rollback 56 --message "maxAge broke the shop" --sign postern-key.pem

Exit codes: 0 every node accepted or none listens, 1 refused, late or failed, 2 wrong usage.`,
  status: `
Examples:
  $ postern status --nats nats://127.0.0.1:4222 --key edge
  $ postern status --watch
  $ postern status --json | jq '.nodes[] | select(.drift != "current")'

${EXIT_CODES}`,
  history: `
Examples:
  $ postern history --nats nats://127.0.0.1:4222 --key edge
  $ postern history --json | jq '.[0].revision'

${EXIT_CODES}`,
  diff: `
Examples:
  $ postern diff gateway.yaml next.yaml              two files
  $ postern diff 56 --nats nats://127.0.0.1:4222     from revision 56 to the newest
  $ postern diff 56 57 --json
  $ postern diff 57 gateway.yaml                     from revision 57 to a file

${EXIT_CODES}`,
  get: `
Examples:
  $ postern get --nats nats://127.0.0.1:4222 > gateway.yaml
  $ postern get 56 --json

${EXIT_CODES}`,
  keygen: `
Examples:
  $ postern keygen                   write postern-key.pem, print what nodes need
  $ postern keygen ci.pem --json

${EXIT_CODES}`,
} as const;
