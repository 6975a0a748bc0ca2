/**
 * The name that a label of documents has in Prometheus' metrics: `label_` and what is left when every character that no label
 * name may have is an underscore. The prefix keeps it from the labels that metrics have themselves. Pure.
 */
export function metricLabel(label: string): string {
  return `label_${label.replace(/[^A-Za-z0-9_]/g, '_')}`;
}
