// What people grant from a device of their own to something elsewhere: a television that shows a code, a bank that calls.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { dev, signIn, submit } from './harness.mjs';
import { inspect, openMail, register, see } from './pages.mjs';
import { inEveryWorld, newContext } from './worlds.mjs';

const org = `${dev.base_url}/orgs/${dev.org}`;
const api = `${org}/api/v1`;
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
const CIBA = 'urn:openid:params:grant-type:ciba';

/** Asks one of the OAuth endpoints as a program does. */
async function ask(endpoint, client, form) {
  const headers = {};
  const body = new URLSearchParams(form);
  if (client.secret) headers.authorization = `Basic ${Buffer.from(`${client.clientId}:${client.secret}`).toString('base64')}`;
  else body.set('client_id', client.clientId);
  const response = await fetch(`${api}/oauth/${endpoint}`, { method: 'POST', headers, body });
  return { status: response.status, ...(await response.json()) };
}

/** Registers an application by the admin API. */
async function application(more) {
  const body = JSON.stringify({ scopes: ['openid', 'email'], responseTypes: [], ...more });
  const headers = { 'x-api-key': dev.api_key, 'content-type': 'application/json' };
  const response = await fetch(`${api}/admin/clients`, { method: 'POST', headers, body });
  assert.equal(response.status, 201, await response.clone().text());
  return (await response.json()).data;
}

const television = await application({ name: 'Living room TV', isPublic: true, grantTypes: [DEVICE_CODE] });
const bank = await application({ name: 'Bank', grantTypes: [CIBA], backchannelTokenDeliveryMode: 'poll' });

inEveryWorld((journey) => {
  journey('a television is connected by the code it shows', async (page) => {
    const device = await ask('device_authorization', television, { scope: 'openid email' });
    await page.goto(device.verification_uri);
    await inspect(page);
    await page.fill('#user-code', device.user_code.toLowerCase().replace('-', ''));
    await submit(page, '#send-code');
    await signIn(page, dev.user);
    await inspect(page);
    await see(page, 'Connect a device to Living room TV?');
    assert.equal(await page.locator('#user-code').innerText(), device.user_code);
    assert.notEqual(await page.locator('#place').innerText(), '');
    await page.locator('#warning').waitFor();
    await submit(page, '#allow');
    await page.locator('#device-approved').waitFor();
    await inspect(page);
    const form = { grant_type: DEVICE_CODE, device_code: device.device_code };
    assert.equal((await ask('token', television, form)).token_type, 'Bearer');
    assert.equal((await ask('token', television, form)).error, 'invalid_grant');
  });

  journey('a code that comes with a link is compared, and refused', async (page) => {
    const device = await ask('device_authorization', television, { scope: 'openid' });
    await page.goto(device.verification_uri_complete);
    await inspect(page);
    assert.equal(await page.locator('#user-code').inputValue(), device.user_code);
    assert.equal(await page.locator('#allow').count(), 0, 'a link leads to no decision');
    await submit(page, '#send-code');
    await signIn(page, dev.user);
    await submit(page, '#deny');
    await page.locator('#device-denied').waitFor();
    await inspect(page);
    const answer = await ask('token', television, { grant_type: DEVICE_CODE, device_code: device.device_code });
    assert.deepEqual([answer.status, answer.error], [400, 'access_denied']);
  });

  journey('a television shows its code, a phone says yes, and the television says who is there', async (page) => {
    await page.goto(`${dev.base_url}/dev/tv`);
    await inspect(page);
    await submit(page, '#connect');
    const code = await page.locator('#user-code').innerText();
    assert.match(code, /^[B-Z]{4}-[B-Z]{4}$/);
    const picture = await page.locator('svg.qr').boundingBox();
    assert.ok(picture.width > 150 && Math.abs(picture.width - picture.height) < 1, JSON.stringify(picture));
    const phone = await newContext({ locale: 'en-GB', viewport: { width: 390, height: 844 } });
    try {
      const hand = await phone.newPage();
      await hand.goto(await page.locator('#address').getAttribute('href'));
      await hand.fill('#user-code', code);
      await submit(hand, '#send-code');
      await signIn(hand, dev.user);
      await see(hand, 'Connect a device to Demo television?');
      assert.equal(await hand.locator('#user-code').innerText(), code);
      await submit(hand, '#allow');
      await hand.locator('#device-approved').waitFor();
    } finally {
      await phone.close();
    }
    // Nobody touches the television: its page comes again by itself.
    await page.locator('#hello').waitFor({ timeout: 30_000 });
    await inspect(page);
    assert.equal(await page.locator('#claim-email').innerText(), dev.user.email);
  });

  journey('a code that nothing waits under is explained', async (page) => {
    const person = await register(page);
    await page.goto(`${org}/device`);
    await page.fill('#user-code', 'BBBB-CCCC');
    await submit(page, '#send-code');
    if (await page.locator('#sign-in').isVisible()) await signIn(page, person);
    await page.locator('#problem').waitFor();
    await inspect(page);
  });

  journey('a bank asks, and is told yes after the message was compared', async (page) => {
    const person = await register(page);
    const asked = await ask('bc-authorize', bank, { scope: 'openid email', login_hint: person.email, binding_message: 'W4SCT 品川' });
    assert.equal(asked.status, 200, JSON.stringify(asked));
    const link = await openMail(page, person.email, 'Bank asks for your approval');
    await page.context().clearCookies();
    await page.goto(link);
    await signIn(page, person);
    await inspect(page);
    assert.equal(await page.locator('#binding-message').innerText(), 'W4SCT 品川');
    await submit(page, '#allow');
    await see(page, 'You approved the request.');
    await inspect(page);
    const tokens = await ask('token', bank, { grant_type: CIBA, auth_req_id: asked.auth_req_id });
    assert.equal(tokens.token_type, 'Bearer', JSON.stringify(tokens));
  });

  journey('what waits is found in the account, and refused', async (page) => {
    const person = await register(page);
    const asked = await ask('bc-authorize', bank, { scope: 'openid', login_hint: person.email });
    await page.goto(`${org}/account`);
    if (await page.locator('#sign-in').isVisible()) await signIn(page, person);
    await submit(page, '#approvals-link');
    await inspect(page);
    await submit(page, '#look-1');
    await inspect(page);
    await submit(page, '#deny');
    await see(page, 'You refused the request.');
    const answer = await ask('token', bank, { grant_type: CIBA, auth_req_id: asked.auth_req_id });
    assert.equal(answer.error, 'access_denied');
  });
});

describe('without a person', () => {
  test('a television that asks too often is slowed down', async () => {
    const device = await ask('device_authorization', television, { scope: 'openid' });
    const form = { grant_type: DEVICE_CODE, device_code: device.device_code };
    assert.equal((await ask('token', television, form)).error, 'authorization_pending');
    assert.equal((await ask('token', television, form)).error, 'slow_down');
  });
});
