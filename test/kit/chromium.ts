import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import type { Test } from 'tap';

/** Milliseconds: longer than a start, or a page, takes on a busy machine. */
export const LONGEST = 120_000;

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

function installed(): string | undefined {
  return PLACES.find((path) => existsSync(path));
}

/** The system's browser; Debian's package is installed where this process may. Undefined when there is none to be had. */
function findChromium(): string | undefined {
  const found = installed();
  if (found !== undefined || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return found;
  process.stderr.write('installing chromium for the browser tests ...\n');
  const apt = (words: readonly string[]): boolean =>
    spawnSync('apt-get', words, { stdio: 'ignore', timeout: 300_000 }).status === 0;
  if (!apt(['install', '-y', '-qq', 'chromium'])) {
    apt(['update', '-qq']);
    apt(['install', '-y', '-qq', 'chromium']);
  }
  return installed();
}

/** A real browser without a window, closed when the test ends; undefined, loudly, when this machine has none. */
export async function browserFor(t: Test): Promise<Browser | undefined> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    process.stderr.write('SKIPPED: no Chromium here, and it may not be installed: the browser tests did not run\n');
    return undefined;
  }
  const browser = await chromium.launch({
    executablePath,
    timeout: LONGEST,
    // Without these Chromium asks its maker's servers at every start; as root it has no sandbox.
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  t.teardown(() => browser.close());
  return browser;
}
