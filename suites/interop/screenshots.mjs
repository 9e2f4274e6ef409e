// Photographs the pages a person meets first, on desktop and phone, light and dark.
//
//     LUMOAUTH_DEV_JSON=… node screenshots.mjs FOLDER

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { dev, openBrowser, signIn, submit } from './harness.mjs';
import { register } from './pages.mjs';

const folder = process.argv[2];
if (!folder) throw new Error('usage: node screenshots.mjs FOLDER');
mkdirSync(folder, { recursive: true });

const SCREENS = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};

const browser = await openBrowser();
try {
  for (const [screen, options] of Object.entries(SCREENS)) {
    for (const colorScheme of ['light', 'dark']) {
      const context = await browser.newContext({ locale: 'en-GB', colorScheme, ...options });
      await tour(await context.newPage(), (page, name) => page.screenshot({ path: join(folder, `${name}-${screen}-${colorScheme}.png`) }));
      await context.close();
    }
  }
} finally {
  await browser.close();
}

async function tour(page, photograph) {
  await page.goto(dev.base_url);
  await photograph(page, 'front');
  await page.goto(`${dev.base_url}/orgs/${dev.org}/login`);
  await submit(page, page.getByRole('link', { name: 'Create an account' }));
  await photograph(page, 'register');
  const person = await register(page);
  await page.context().clearCookies();
  await page.goto(`${dev.base_url}/dev/app`);
  await submit(page, '#login');
  await photograph(page, 'sign-in');
  await signIn(page, person);
  await photograph(page, 'consent');
  await submit(page, '#allow');
  await photograph(page, 'demo-app');
  await page.goto(`${dev.base_url}/orgs/${dev.org}/account`);
  await photograph(page, 'account');
  await page.goto(`${dev.base_url}/dev/mailbox`);
  await photograph(page, 'mailbox');
}
