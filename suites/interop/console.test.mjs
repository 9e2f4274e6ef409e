// An administrator's first morning in the console: register an application, invite a colleague, find who signed in, and settle
// how the place is run.

import assert from 'node:assert/strict';

import { dev, signIn, submit } from './harness.mjs';
import { inspect, openMail, see } from './pages.mjs';
import { inEveryWorld } from './worlds.mjs';

const portal = `${dev.base_url}/orgs/${dev.org}/portal`;
let made = 0;

inEveryWorld((journey) => {
  journey('every section of the console is entered from its navigation', async (page) => {
    await enter(page);
    const sections = await page.locator('nav.side a').evaluateAll((links) => links.map((link) => link.href));
    assert.ok(sections.length >= 9, sections.join(' '));
    for (const section of sections) {
      await page.goto(section);
      await inspect(page);
    }
    for (const path of ['users/new', 'groups/new', 'roles/new', 'applications/new', 'settings/authentication', 'settings/security']) {
      await page.goto(`${portal}/${path}`);
      await inspect(page);
    }
  });

  journey('an application is registered, and what was refused is typed only once', async (page) => {
    await enter(page, 'applications');
    await submit(page, '#create');
    const name = `Notebook ${unique()}`;
    await page.fill('#create-client-name', name);
    await page.fill('#create-client-redirectUris', 'not an address');
    await submit(page, '#create-client-button');
    await page.locator('#problem').waitFor();
    await inspect(page);
    assert.equal(await page.inputValue('#create-client-name'), name);
    await page.fill('#create-client-redirectUris', 'https://notebook.example/back');
    await submit(page, '#create-client-button');
    await page.locator('#secret').waitFor();
    await inspect(page);
    await submit(page, '#back');
    await inspect(page);
    await see(page, name);
    await submit(page, '#delete-client');
    await see(page, 'Deleted.');
  });

  journey('a colleague is invited, chooses a password, and comes in as an administrator', async (page) => {
    await enter(page, 'users');
    await submit(page, '#create');
    const email = `colleague-${unique()}@example.com`;
    await page.fill('#create-user-email', email);
    await page.fill('#create-user-roles', 'user\nadmin');
    await submit(page, '#create-user-button');
    await inspect(page);
    await submit(page, '#send-password-reset');
    await see(page, 'The mail is on its way.');
    const link = await openMail(page, email, 'Choose a new password');
    await page.context().clearCookies();
    await page.goto(link);
    const password = 'seven patient orange kettles';
    await page.fill('#password', password);
    await submit(page, '#save-password');
    await page.goto(portal);
    await signIn(page, { email, password });
    await page.goto(portal);
    assert.equal(await page.locator('#account').textContent(), email);
    await inspect(page);
  });

  journey('who signed in is found by day, with a proof for each entry', async (page) => {
    await enter(page, 'audit-log');
    const today = new Date().toISOString().slice(0, 10);
    await page.selectOption('#search-eventType', 'users.signed_in');
    await page.fill('#search-from', today);
    await page.fill('#search-to', today);
    await submit(page, '#search-button');
    await inspect(page);
    await page.locator('#entries tbody').getByText('A person signed in.').first().waitFor();
    assert.equal(await page.locator('#entries tbody tr').count(), await page.locator('#entries tbody').getByText('A person signed in.').count());
    await submit(page, page.locator('#entries tbody a').first());
    await inspect(page);
    await see(page, 'proven: part of the log');
  });

  journey('a group is filled and emptied, and somebody is signed out', async (page) => {
    await enter(page, 'groups/new');
    await page.fill('#create-group-name', `Crew ${unique()}`);
    await submit(page, '#create-group-button');
    await inspect(page);
    await page.fill('#add-members-userIds', dev.user.email);
    await submit(page, '#add-members-button');
    await inspect(page);
    await submit(page, page.getByRole('button', { name: `Remove: ${dev.user.email}` }));
    await see(page, 'Nobody belongs to it yet.');
    await submit(page, '#delete-group');
    await see(page, 'Deleted.');

    await page.goto(`${portal}/sessions?userId=${encodeURIComponent(dev.admin.email)}`);
    await inspect(page);
    assert.ok((await page.getByRole('button', { name: 'End: ' }).count()) > 0);
  });

  journey('a setting is changed, refused beyond its bounds, and brought back', async (page) => {
    await enter(page, 'settings/security');
    const field = '#settings-lockout_threshold';
    const refused = '#change-settings-security-lockout_threshold';
    const before = await page.inputValue(field);
    await page.fill(field, '99');
    await submit(page, '#settings-button');
    await page.locator('#problem').waitFor();
    await inspect(page);
    assert.equal(await page.inputValue(refused), '99');
    await page.fill(refused, before === '7' ? '8' : '7');
    await submit(page, '#change-settings-security-button');
    await see(page, 'Saved.');
    await page.fill(field, before);
    await submit(page, '#settings-button');
    await see(page, 'Saved.');
    assert.equal(await page.inputValue(field), before);
  });
});

/** Signs in as the administrator and opens a page of the console. */
async function enter(page, path = '') {
  await page.goto(path === '' ? portal : `${portal}/${path}`);
  await signIn(page, dev.admin);
  await page.locator('nav.side').waitFor();
  await inspect(page);
}

function unique() {
  made += 1;
  return `${Date.now()}-${made}`;
}
