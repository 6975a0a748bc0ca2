import { canonicalTarget } from '@postern/engine';
import type { CheckedDocument, HeaderList } from '@postern/model';
import type { Match } from '@postern/engine';
import { labelledRoutes } from './labels.ts';
import type { WantedLabel } from './labels.ts';
import { planConsumers, planGateway, planRoutes } from './plan-routes.ts';
import { consumerText, policiesText, routeText } from './plan-text.ts';
import type { Compiled } from './stages.ts';
import { complain, say } from './terminal.ts';
import type { ExitCode } from './terminal.ts';
import { withStaged } from './with-staged.ts';

/** One request to look up. */
export interface Probe {
  readonly method: string;
  readonly url: URL;
  /** Header lines of the request, for routes with conditions. */
  readonly headers: HeaderList;
}

/** `postern plan`: prints the effective pipeline per route, or of the route that takes one request. */
export async function planCommand(
  file: string,
  options: {
    readonly probe: Probe | undefined;
    readonly labels: readonly WantedLabel[];
    readonly json: boolean;
  },
): Promise<ExitCode> {
  return withStaged(file, async (staged) => {
    if (options.probe !== undefined) return planProbe(staged, options.probe, options.json);
    const { document } = staged;
    const isShown = labelledRoutes(document, options.labels);
    const routes = planRoutes(document).filter(({ group, route }) => isShown(group, route));
    if (options.json) say(JSON.stringify(routes, undefined, 2));
    else if (options.labels.length > 0) say(routes.map(routeText).join('\n\n'));
    else
      say([...routes.map(routeText), noGroupText(document), ...planConsumers(document).map(consumerText)].join('\n\n'));
    return 0;
  });
}

function noGroupText(document: CheckedDocument): string {
  return `no group\n${policiesText(planGateway(document))}`;
}

/** Asks the router as requests do, on the listeners that have the URL's port, or on all where none has. */
function planProbe(staged: Compiled, { method, url, headers }: Probe, json: boolean): ExitCode {
  const target = canonicalTarget(url.pathname);
  if (target.kind === 'ambiguous') {
    complain(`${url.href} is answered with 400: ${target.detail}`);
    if (json) say('[]');
    return 1;
  }
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const { listeners } = staged.document.server;
  const there = listeners.filter(({ port }) => port === portOf(url));
  const matches = (there.length > 0 ? there : listeners).map((listener) =>
    staged.snapshot.router.matchRequest({ listener: listener.name, hostname, path: target.path, method, headers }),
  );
  const match = matches.find(({ kind }) => kind === 'route') ?? matches[0];
  if (match?.kind !== 'route') {
    complain(missText(match, `${method} ${url.href}`));
    if (json) say('[]');
    return 1;
  }
  const { group } = match.table;
  const route = planRoutes(staged.document).filter(
    (planned) => planned.group === group.name && planned.route === match.route.name,
  );
  say(json ? JSON.stringify(route, undefined, 2) : route.map(routeText).join('\n\n'));
  return 0;
}

function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}

function missText(match: Exclude<Match, { kind: 'route' }> | undefined, request: string): string {
  if (match?.kind === 'method-not-allowed')
    return `${request}: 405, ${match.table.group.name} allows ${match.allow} there`;
  if (match?.table !== undefined) return `${request}: 404, ${match.table.group.name} has no such route`;
  return `${request}: 404, no group takes it`;
}
