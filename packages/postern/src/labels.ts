import type { CheckedDocument, Labels } from '@postern/model';
import { InvalidArgumentError, Option } from 'commander';

/** One `--label`: a label with this value, or with any. */
export interface WantedLabel {
  readonly name: string;
  readonly value: string | undefined;
}

/** The flag `--label`, which may be repeated; its value is a list of `WantedLabel`. `shows` says what stays. */
export function labelFlag(shows: string): Option {
  return new Option('--label <name=value>', `${shows}; all of several must hold, a name alone takes any value`)
    .argParser((text: string, before: readonly WantedLabel[]) => [...before, readLabel(text)])
    .default([], 'all');
}

function readLabel(text: string): WantedLabel {
  const [, name = '', value] = /^([^=]+)(?:=(.*))?$/s.exec(text) ?? [];
  if (name === '') throw new InvalidArgumentError('Write for example team=web, or team.');
  return { name, value };
}

/** Whether labels have all that is wanted. Pure. */
function hasLabels(labels: Labels, wanted: readonly WantedLabel[]): boolean {
  return wanted.every(({ name, value }) =>
    value === undefined ? Object.hasOwn(labels, name) : Object.hasOwn(labels, name) && labels[name] === value,
  );
}

/**
 * Says which routes have the labels: their own, with those of their group around them, or those of one policy that runs there.
 * Without a label all have. Pure.
 */
export function labelledRoutes(
  document: CheckedDocument,
  wanted: readonly WantedLabel[],
): (group: string, route: string) => boolean {
  if (wanted.length === 0) return () => true;
  const policies = new Set(document.policies.filter(({ labels }) => hasLabels(labels, wanted)).map(({ name }) => name));
  const shown = new Set<string>();
  for (const group of document.groups) {
    const runs = group.pipelines.map((list) => list.some(({ policy }) => policies.has(policy)));
    for (const route of group.routes) {
      const fits = hasLabels({ ...group.labels, ...route.labels }, wanted) || runs[route.pipeline] === true;
      if (fits) shown.add(`${group.name} ${route.name}`);
    }
  }
  return (group, route) => shown.has(`${group} ${route}`);
}
