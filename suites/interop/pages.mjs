// What the browser journeys share: finding mail, creating an account, and looking closely at a page.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { dev, submit } from './harness.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

let people = 0;

/** Registers somebody, a new person unless told who, and confirms their address by the mail they get. */
export async function register(page, somebody) {
  people += 1;
  const stranger = { givenName: 'Example', familyName: 'Person', email: `example-${Date.now()}-${people}@example.com` };
  const person = { ...(somebody ?? stranger), password: 'four quiet green tractors' };
  await page.goto(`${dev.base_url}/orgs/${dev.org}/login`);
  await submit(page, page.getByRole('link', { name: 'Create an account' }));
  await inspect(page);
  await page.fill('#given-name', person.givenName);
  await page.fill('#family-name', person.familyName);
  await page.fill('#email', person.email);
  await page.fill('#password', person.password);
  await submit(page, '#register');
  await inspect(page);
  await page.goto(await openMail(page, person.email, 'Confirm your email address'));
  await submit(page, '#confirm-email');
  await page.locator('#email-verified').waitFor();
  await inspect(page);
  return person;
}

/**
 * Opens the newest mail to this address about this subject in the development mailbox, and returns the address it asks to open.
 * Mail is sent after the page has answered, so it may take a moment to arrive.
 */
export async function openMail(page, address, subject) {
  const mail = page.locator('#mails li').filter({ hasText: address }).filter({ hasText: subject }).first();
  for (let attempt = 0; attempt < 20; attempt += 1) {
    await page.goto(`${dev.base_url}/dev/mailbox`);
    if (await mail.isVisible()) break;
    await page.waitForTimeout(250);
  }
  await inspect(page);
  await submit(page, mail.getByRole('link'));
  await inspect(page);
  const href = await page.locator('#mail-text a').first().getAttribute('href');
  if (!href) throw new Error(`the mail to ${address} has no link`);
  return href;
}

/** Waits until the page says so. */
export function see(page, text) {
  return page.getByText(text).first().waitFor();
}

/** The page fits its screen, says what it is, and breaks no accessibility rule that a program can check. */
export async function inspect(page) {
  const where = page.url();
  const width = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(width[0] <= width[1], `${where} is ${width[0]} px wide on a screen of ${width[1]} px`);
  assert.equal(await page.locator('h1').count(), 1, `${where} has one main heading`);
  assert.notEqual(await page.title(), '', `${where} has a title`);
  if (!(await scriptsRun(page))) return;
  await page.evaluate(axe);
  const { violations } = await page.evaluate((values) => globalThis.axe.run({ runOnly: { type: 'tag', values } }), RULES);
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map((node) => node.target).join(', ')})`);
  assert.deepEqual(found, [], `accessibility of ${where}`);
}

/** Collects what goes wrong while pages load: script errors, refused or failed assets, violations of the security policy. */
export function watch(page) {
  const errors = [];
  page.on('pageerror', (error) => errors.push(`script: ${error.message}`));
  page.on('console', (message) => {
    const text = message.text();
    if (message.type() === 'error' && !text.startsWith('Failed to load resource')) errors.push(`console: ${text}`);
  });
  page.on('response', (response) => {
    const isPage = response.request().resourceType() === 'document';
    if (response.status() >= 400 && !isPage) errors.push(`${response.status()}: ${response.url()}`);
  });
  return errors;
}

/** Without scripts axe would wait forever for its own timers. */
function scriptsRun(page) {
  return page.evaluate(() => matchMedia('(scripting: enabled)').matches);
}
