// Where journeys take place: on a desktop, on a phone in the dark, and without scripts.
//
// Every page on the way must fit its screen, load without an error and, where scripts run, satisfy the WCAG 2.2 AA rules that axe
// can check.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { openBrowser } from './harness.mjs';
import { watch } from './pages.mjs';

const WORLDS = {
  'on a desktop': { viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  'on a phone in the dark': { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, colorScheme: 'dark' },
  'without scripts': { viewport: { width: 390, height: 844 }, javaScriptEnabled: false },
};

let browser;
before(async () => (browser = await openBrowser()));
after(() => browser?.close());

/** A fresh browser context. The caller closes it. */
export function newContext(options) {
  return browser.newContext(options);
}

/** Tells of journeys, in each world: `story` gets the function that declares one. */
export function inEveryWorld(story) {
  for (const [world, options] of Object.entries(WORLDS)) {
    describe(world, () => story((name, steps) => journey(name, options, steps)));
  }
}

/** One journey in a fresh browser context; fails when a page on the way reported an error. */
function journey(name, options, steps) {
  test(name, async () => {
    const context = await browser.newContext({ locale: 'en-GB', ...options });
    try {
      const page = await context.newPage();
      const errors = watch(page);
      await steps(page);
      assert.deepEqual(errors, []);
    } finally {
      await context.close();
    }
  });
}
