// An administrator's first morning in the console: register an application, invite a colleague, find who signed in, and settle
// how the place is run.

import assert from 'node:assert/strict';

import { dev, signIn, submit } from './harness.mjs';
import { inspect, openMail, see } from './pages.mjs';
import { inEveryWorld, newContext } from './worlds.mjs';

const portal = `${dev.base_url}/orgs/${dev.org}/portal`;
let made = 0;

inEveryWorld((journey) => {
  journey('every section of the console is entered from its navigation', async (page) => {
    await enter(page);
    const sections = await page.locator('nav.side a').evaluateAll((links) => links.map((link) => link.href));
    assert.ok(sections.length >= 15, sections.join(' '));
    for (const section of sections) {
      await page.goto(section);
      await inspect(page);
    }
    for (const path of ['users/new', 'invitations/new', 'groups/new', 'roles/new', 'customers/new', 'applications/new', 'api-keys/new', 'mails/password_reset', 'settings/authentication', 'settings/security']) {
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

  journey('a colleague is invited, makes an account, and comes in as an administrator', async (page) => {
    await enter(page);
    await submit(page, page.getByRole('link', { name: 'Invite a colleague' }));
    await inspect(page);
    const email = `invited-${unique()}@example.com`;
    await page.fill('#invite-email', email);
    await page.fill('#invite-name', 'Kim Example');
    await page.fill('#invite-roles', 'no-such-role');
    await submit(page, '#invite-button');
    await page.locator('#problem').waitFor();
    assert.equal(await page.inputValue('#invite-email'), email);
    await inspect(page);
    await page.fill('#invite-roles', 'admin');
    await submit(page, '#invite-button');
    await see(page, 'The mail is on its way.');
    await see(page, email);
    await inspect(page);
    const link = await openMail(page, email, 'You are invited');
    await page.context().clearCookies();
    await page.goto(link);
    await inspect(page);
    await submit(page, '#register-link');
    await inspect(page);
    assert.equal(await page.inputValue('#given-name'), 'Kim');
    await page.fill('#password', 'seven patient orange kettles');
    await submit(page, '#register');
    await page.goto(portal);
    assert.equal(await page.locator('#account').textContent(), email);
    await page.goto(`${portal}/invitations?status=accepted`);
    await page.locator('#invitations').getByText(email).first().waitFor();
    await inspect(page);
  });

  journey('a colleague with no invitation chooses a password by mail', async (page) => {
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

  journey('a customer is made, somebody joins, somebody is invited, and it goes again', async (page) => {
    await enter(page, 'customers/new');
    const name = `Globex ${unique()}`;
    await page.fill('#create-company-name', name);
    await submit(page, '#create-company-button');
    await inspect(page);
    await page.fill('#add-company-member-userId', dev.user.email);
    await submit(page, '#add-company-member-button');
    await see(page, dev.user.email);
    await inspect(page);
    const email = `customer-${unique()}@example.com`;
    await page.fill('#invite-into-company-email', email);
    await submit(page, '#invite-into-company-button');
    await see(page, email);
    await inspect(page);
    await submit(page, page.getByRole('button', { name: `Take back: ${email}` }));
    await submit(page, page.getByRole('button', { name: `Remove: ${dev.user.email}` }));
    await see(page, 'Nobody belongs to it yet.');
    await submit(page, '#delete-company');
    await see(page, 'Deleted.');
  });

  journey('a mail is written in words of one’s own, looked at, and forgotten', async (page) => {
    await enter(page, 'mails/password_reset?language=fr');
    const before = await page.inputValue('#save-template-subject');
    const subject = `Un nouveau mot de passe ${unique()}`;
    await page.fill('#save-template-subject', subject);
    await submit(page, '#save-template-button');
    await see(page, 'Saved.');
    assert.equal(await page.inputValue('#save-template-subject'), subject);
    await inspect(page);
    await page.fill('#save-template-body_html', '<script>alert(1)</script>');
    await submit(page, '#save-template-button');
    await page.locator('#problem').waitFor();
    await inspect(page);
    await page.goto(`${portal}/mails/password_reset?language=fr`);
    const preview = await page.getByRole('link', { name: subject }).getAttribute('href');
    assert.equal((await page.request.get(new URL(preview, page.url()).href)).status(), 200);
    await submit(page, '#delete-template');
    await see(page, 'Saved.');
    assert.equal(await page.inputValue('#save-template-subject'), before);
  });

  journey('figures are there as bars and as a table', async (page) => {
    await enter(page, 'figures');
    assert.equal(await page.locator('svg.chart').count(), 3);
    assert.equal(await page.locator('svg.chart').first().locator('rect').count(), 30);
    assert.ok((await page.locator('#days tbody tr').count()) > 0);
    await submit(page, page.getByRole('link', { name: '7 days' }));
    assert.equal(await page.locator('svg.chart').first().locator('rect').count(), 7);
    await inspect(page);
  });

  journey('a permit to register applications is shown once, and revoked', async (page) => {
    await enter(page, 'registration');
    const name = `Factory ${unique()}`;
    await page.fill('#create-permit-name', name);
    await submit(page, '#create-permit-button');
    await page.locator('#secret').waitFor();
    await inspect(page);
    await submit(page, '#back');
    await submit(page, page.getByRole('button', { name: `Revoke: ${name}` }));
    await see(page, 'Ended.');
    assert.equal(await page.getByText(name).count(), 0);
  });

  journey('an API key is made from boxes, shown once, and revoked after a question', async (page) => {
    await enter(page, 'api-keys');
    await submit(page, '#create');
    const name = `Sync ${unique()}`;
    await page.fill('#create-api-key-name', name);
    await submit(page, '#create-api-key-button');
    await page.locator('#create-api-key-scopes-problem').waitFor();
    await inspect(page);
    assert.equal(await page.inputValue('#create-api-key-name'), name);
    await page.getByLabel('Roles and permissions').check();
    await page.getByLabel('Users and invitations').check();
    await submit(page, '#create-api-key-button');
    const key = await page.locator('#secret code').textContent();
    await inspect(page);
    const asked = () => page.request.get(`${dev.base_url}/orgs/${dev.org}/api/v1/admin/roles`, { headers: { 'x-api-key': key, cookie: '' } });
    assert.equal((await asked()).status(), 200);
    await submit(page, '#back');
    await inspect(page);
    await submit(page, page.getByRole('link', { name }));
    await inspect(page);
    await submit(page, page.getByRole('link', { name: 'Revoke this key' }));
    await inspect(page);
    await submit(page, '#revoke-api-key');
    await see(page, 'Ended.');
    assert.equal(await page.getByText(name).count(), 0);
    assert.equal((await asked()).status(), 401);
  });

  journey('the console speaks the visitor’s language', async () => {
    for (const [locale, heading, save, security, lock] of [
      ['de-DE', 'Benutzer', 'Benutzer anlegen', 'Sicherheit', 'Erste Sperre eines Kontos in Sekunden'],
      ['fr-FR', 'Utilisateurs', 'Créer l’utilisateur', 'Sécurité', 'Premier verrouillage d’un compte, en secondes'],
      ['es-ES', 'Usuarios', 'Crear usuario', 'Seguridad', 'Primer bloqueo de una cuenta, en segundos'],
    ]) {
      const context = await newContext({ locale });
      try {
        const page = await context.newPage();
        await enter(page, 'users');
        assert.equal(await page.locator('h1').textContent(), heading);
        await page.goto(`${portal}/users/new`);
        assert.equal(await page.locator('#create-user-button').textContent(), save);
        await page.goto(`${portal}/settings/security`);
        assert.equal(await page.locator('h1').textContent(), security);
        assert.equal(await page.locator('label[for="settings-lockout_duration_seconds"]').textContent(), lock);
        await inspect(page);
        await page.goto(`${portal}/settings/authentication`);
        await inspect(page);
        for (const section of await page.locator('nav.side a').evaluateAll((links) => links.map((link) => link.href))) {
          await page.goto(section);
          await inspect(page);
        }
      } finally {
        await context.close();
      }
    }
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
