import { KIT_VERSION } from '@postern/kit';

/** What stands against loading a plugin. */
export interface KitMismatch {
  readonly message: string;
  readonly fix: string;
}

/**
 * Compares the kit that a third-party plugin says it was built for with the one of this gateway; undefined: they fit. What says
 * nothing fits: a plugin that was made without `definePlugin` knows no kit.
 */
export async function kitMismatch(plugin: unknown, specifier: string): Promise<KitMismatch | undefined> {
  const kit = typeof plugin === 'object' && plugin !== null && 'kit' in plugin ? plugin.kit : undefined;
  if (kit === undefined) return undefined;
  // A gateway without third-party plugins has no use for it.
  const { default: semver } = await import('semver');
  const shown = JSON.stringify(specifier);
  if (typeof kit !== 'string' || semver.validRange(kit) === null)
    return {
      message: `plugin ${shown} was built for @postern/kit ${JSON.stringify(kit)}, which is no range of versions`,
      fix: `its author has to write kit as npm writes ranges: kit: '^${KIT_VERSION}'`,
    };
  if (semver.satisfies(KIT_VERSION, kit, { includePrerelease: true })) return undefined;
  const newer = semver.ltr(KIT_VERSION, kit, { includePrerelease: true });
  return {
    message: `plugin ${shown} was built for @postern/kit ${kit}, and this gateway has ${KIT_VERSION}`,
    fix: newer
      ? `update postern to a version with @postern/kit ${kit}, or install a version of the plugin for ${KIT_VERSION}`
      : `install a version of the plugin for @postern/kit ${KIT_VERSION}; of your own: update its @postern/kit, and run its tests`,
  };
}
