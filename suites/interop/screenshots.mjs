// Photographs the pages a person meets first, on desktop and phone, light and dark.
//
//     LUMOAUTH_DEV_JSON=… node screenshots.mjs FOLDER [all]
//
// Without `all` only the pictures that the documents show.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { dev, openBrowser, signIn, submit } from './harness.mjs';
import { openMail, register } from './pages.mjs';

const [folder, extent] = process.argv.slice(2);
if (!folder) throw new Error('usage: node screenshots.mjs FOLDER [all]');
mkdirSync(folder, { recursive: true });

const SCREENS = {
  desktop: { viewport: { width: 880, height: 740 } },
  phone: { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true },
};

const SHOWN = {
  'desktop-light': ['sign-in', 'register', 'consent', 'demo-app', 'account', 'mailbox', 'console', 'console-figures', 'console-invitations', 'console-audit-log', 'television'],
  'desktop-dark': ['sign-in', 'console-users', 'console-figures'],
  'phone-light': ['account', 'accounts', 'device-consent', 'error', 'console', 'console-invitations'],
  'phone-dark': ['sign-in', 'consent', 'demo-app', 'console-audit-log'],
};

let person;
const browser = await openBrowser();
try {
  for (const [screen, options] of Object.entries(SCREENS)) {
    for (const colorScheme of ['light', 'dark']) {
      const look = `${screen}-${colorScheme}`;
      const context = await browser.newContext({ locale: 'en-GB', colorScheme, ...options });
      await tour(await context.newPage(), async (page, name) => {
        if (extent !== 'all' && !SHOWN[look].includes(name)) return;
        await page.screenshot({ path: join(folder, `${name}-${look}.png`), fullPage: extent === 'all' });
      });
      await context.close();
    }
  }
} finally {
  await browser.close();
}

async function tour(page, photograph) {
  const org = `${dev.base_url}/orgs/${dev.org}`;
  const look = async (url, name) => {
    await page.goto(url);
    await photograph(page, name);
  };
  await look(dev.base_url, 'front');
  await look(org, 'organization');
  await look(`${org}/register`, 'register');
  person ??= await register(page, { givenName: 'Example', familyName: 'Person', email: 'person@example.com' });
  await page.context().clearCookies();

  await look(`${dev.base_url}/dev/app`, 'demo-start');
  await submit(page, '#login');
  await photograph(page, 'sign-in');
  await signIn(page, { ...person, password: 'not the password' });
  await photograph(page, 'sign-in-wrong');
  await signIn(page, person);
  await photograph(page, 'consent');
  await submit(page, '#deny');
  await photograph(page, 'demo-denied');
  await submit(page, '#login');
  await submit(page, '#allow');
  await photograph(page, 'demo-app');

  await look(`${org}/account`, 'account');
  await submit(page, page.getByRole('button', { name: 'Disconnect' }));
  await look(`${org}/account/password`, 'password');
  await look(`${org}/signout`, 'sign-out');
  await submit(page, '#sign-out');
  await photograph(page, 'signed-out');
  await look(`${org}/forgot-password`, 'forgot');
  await page.fill('#email', person.email);
  await submit(page, '#send-link');
  await photograph(page, 'check-mail');
  await look(`${dev.base_url}/dev/mailbox`, 'mailbox');
  const link = await openMail(page, person.email, 'Choose a new password');
  await photograph(page, 'mail');
  await look(link, 'new-password');
  await look(`${org}/verify-email?token=x`, 'dead-link');
  await look(`${org}/api/v1/oauth/authorize?client_id=${dev.web_client.client_id}&redirect_uri=https://elsewhere.example/`, 'error');
  await connect(page, look, photograph, org);
  await administer(page, look, `${org}/portal`);
}

/** A television shows a code, the person enters it; and then another account joins theirs in this browser. */
async function connect(page, look, photograph, org) {
  const television = await page.context().newPage();
  await television.goto(`${dev.base_url}/dev/tv`);
  await submit(television, '#connect');
  await photograph(television, 'television');
  const code = await television.locator('#user-code').innerText();
  await television.close();
  await look(`${org}/device`, 'device');
  await page.fill('#user-code', code);
  await submit(page, '#send-code');
  await signIn(page, person);
  await photograph(page, 'device-consent');
  await page.goto(`${org}/accounts`);
  await submit(page, '#other-account');
  await signIn(page, dev.user);
  await look(`${org}/accounts`, 'accounts');
}

async function administer(page, look, portal) {
  await page.context().clearCookies();
  await page.goto(portal);
  await signIn(page, dev.admin);
  await page.goto(`${portal}/invitations/new`);
  await page.fill('#invite-email', `colleague-${Date.now()}@example.com`);
  await page.fill('#invite-roles', 'admin');
  await submit(page, '#invite-button');
  const sections = ['', 'figures', 'users', 'invitations', 'invitations/new', 'groups', 'roles', 'customers', 'sessions', 'applications'];
  for (const section of [...sections, 'registration', 'api-keys', 'api-keys/new', 'keys', 'mails', 'mails/password_reset', 'settings/security', 'audit-log']) {
    await look(section === '' ? portal : `${portal}/${section}`, ['console', ...section.split('/')].filter(Boolean).join('-'));
  }
  await look(`${portal}/applications/${dev.web_client.client_id}`, 'console-application');
  await look(`${portal}/audit-log/1`, 'console-audit-entry');
}
