// What people do in a browser: sign in, consent, register, recover, look after their account.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { authorize, dev, listen, signIn, submit } from './harness.mjs';
import { inspect, openMail, register, see } from './pages.mjs';
import { inEveryWorld, newContext } from './worlds.mjs';

inEveryWorld((journey) => {
  journey('the demo user signs in to the demo app and out again', async (page) => {
    await page.goto(dev.base_url);
    await inspect(page);
    await submit(page, page.getByRole('link', { name: 'Demo app' }));
    await inspect(page);
    await submit(page, '#login');
    await inspect(page);
    await signIn(page, dev.user);
    if (await page.locator('#allow').isVisible()) await submit(page, '#allow');
    assert.ok(page.url().startsWith(`${dev.base_url}/dev/app`), page.url());
    await inspect(page);
    await see(page, dev.user.email);
    await submit(page, '#logout');
    if (await page.locator('#sign-out').isVisible()) await submit(page, '#sign-out');
    await page.goto(`${dev.base_url}/dev/app`);
    await submit(page, '#login');
    assert.ok(await page.locator('#sign-in').isVisible(), 'the session at the server has ended too');
  });

  journey('a new person registers, confirms the address, and decides what the app may know', async (page) => {
    const person = await register(page);
    await page.goto(`${dev.base_url}/dev/app`);
    await submit(page, '#login');
    if (await page.locator('#sign-in').isVisible()) await signIn(page, person);
    await inspect(page);
    await submit(page, '#deny');
    await inspect(page);
    assert.equal(await page.getByText(person.email).count(), 0);

    await page.goto(`${dev.base_url}/dev/app`);
    await submit(page, '#login');
    await submit(page, '#allow');
    await see(page, person.email);

    await page.context().clearCookies({ name: 'lumoauth_demo' });
    await page.goto(`${dev.base_url}/dev/app`);
    await submit(page, '#login');
    assert.equal(await page.locator('#allow').count(), 0, 'a remembered decision is not asked again');
    await see(page, person.email);

    await page.goto(`${dev.base_url}/orgs/${dev.org}/account`);
    await inspect(page);
    await submit(page, page.getByRole('button', { name: 'Disconnect Demo app' }));
    await see(page, 'The app is disconnected.');
    await page.context().clearCookies({ name: 'lumoauth_demo' });
    await page.goto(`${dev.base_url}/dev/app`);
    await submit(page, '#login');
    assert.ok(await page.locator('#allow').isVisible(), 'a decision taken back is asked again');
  });

  journey('a wrong password is explained without saying which part was wrong', async (page) => {
    for (const email of [dev.admin.email, `nobody-${Date.now()}@example.com`]) {
      await page.goto(`${dev.base_url}/orgs/${dev.org}/login`);
      await signIn(page, { email, password: 'not the password' });
      await see(page, 'That email and password don’t match.');
      assert.equal(await page.locator('#identifier').inputValue(), email);
      assert.equal(await page.locator('#password').inputValue(), '');
    }
    await inspect(page);
  });

  journey('a forgotten password is replaced by mail, once', async (page) => {
    const person = await register(page);
    await page.context().clearCookies();
    await page.goto(`${dev.base_url}/orgs/${dev.org}/login`);
    await submit(page, '#forgot-password');
    await inspect(page);
    await page.fill('#email', person.email);
    await submit(page, '#send-link');
    await see(page, 'Check your inbox');
    await inspect(page);

    const link = await openMail(page, person.email, 'Choose a new password');
    await page.goto(link);
    await inspect(page);
    const renewed = { email: person.email, password: `${person.password} and more` };
    await page.fill('#password', renewed.password);
    await submit(page, '#save-password');
    await page.goto(link);
    await see(page, 'This link no longer works');
    await inspect(page);

    await page.context().clearCookies();
    await page.goto(`${dev.base_url}/orgs/${dev.org}/login`);
    await signIn(page, person);
    await see(page, 'That email and password don’t match.');
    await signIn(page, renewed);
    await page.goto(`${dev.base_url}/orgs/${dev.org}/account`);
    await see(page, 'Your account');
  });

  journey('two accounts share a browser, and the person goes from one to the other', async (page) => {
    const person = await register(page);
    const accounts = `${dev.base_url}/orgs/${dev.org}/accounts`;
    await page.goto(`${dev.base_url}/orgs/${dev.org}/account`);
    if (await page.locator('#sign-in').isVisible()) await signIn(page, person);
    await submit(page, '#accounts-link');
    await inspect(page);
    await submit(page, '#other-account');
    await signIn(page, dev.user);
    assert.equal(await page.locator('#email').inputValue(), dev.user.email);

    await page.goto(accounts);
    await inspect(page);
    await submit(page, page.locator('button.account', { hasText: person.email }));
    assert.equal(await page.locator('#email').inputValue(), person.email);

    await page.goto(accounts);
    await submit(page, page.getByRole('button', { name: `Sign out of ${dev.user.email}` }));
    assert.equal(await page.getByText(dev.user.email).count(), 0);
    await see(page, person.email);
  });

  journey('a person looks after their account', async (page) => {
    const person = await register(page);
    await page.goto(`${dev.base_url}/orgs/${dev.org}/account`);
    if (await page.locator('#sign-in').isVisible()) await signIn(page, person);
    await inspect(page);
    assert.equal(await page.locator('#email').inputValue(), person.email);
    await page.getByText('Confirmed', { exact: true }).waitFor();
    await see(page, 'This device');
    await page.fill('#given-name', 'Somebody');
    await page.fill('#family-name', 'Else');
    await submit(page, '#save-profile');
    await see(page, 'Your profile is saved.');
    assert.equal(await page.locator('#given-name').inputValue(), 'Somebody');
    assert.equal(await page.locator('#family-name').inputValue(), 'Else');
    assert.equal(await page.locator('#account').innerText(), 'Somebody Else');

    const renewed = { email: person.email, password: `${person.password} and more` };
    await submit(page, '#change-password');
    await inspect(page);
    await page.fill('#current-password', 'not the password');
    await page.fill('#password', renewed.password);
    await submit(page, '#save-password');
    await see(page, 'That is not your current password.');
    await inspect(page);
    await page.fill('#current-password', person.password);
    await page.fill('#password', renewed.password);
    await submit(page, '#save-password');
    await see(page, 'Your new password is saved.');
    await see(page, 'This device');

    await page.goto(`${dev.base_url}/orgs/${dev.org}/signout`);
    await inspect(page);
    await submit(page, '#stay');
    await page.goto(`${dev.base_url}/orgs/${dev.org}/account`);
    await submit(page, '#sign-out');
    if (await page.locator('#sign-out').isVisible()) await submit(page, '#sign-out');
    await inspect(page);
    await page.goto(`${dev.base_url}/orgs/${dev.org}/account`);
    assert.ok(await page.locator('#sign-in').isVisible(), 'the account page asks who it is');
    await signIn(page, renewed);
    await see(page, 'Your account');
  });

  journey('an application with a wrong return address is stopped', async (page) => {
    const wrong = new URLSearchParams({ client_id: dev.web_client.client_id, redirect_uri: 'https://elsewhere.example/' });
    const response = await page.goto(`${dev.base_url}/orgs/${dev.org}/api/v1/oauth/authorize?${wrong}`);
    assert.equal(response.status(), 400);
    await see(page, 'We stopped to keep you safe');
    assert.ok(await page.locator('#request-id').innerText());
    await inspect(page);
  });

  journey('a page that does not exist says so', async (page) => {
    const response = await page.goto(`${dev.base_url}/orgs/${dev.org}/no-such-page`);
    assert.equal(response.status(), 404);
    await see(page, 'There is nothing here');
    await inspect(page);
  });
});

describe('an application beside the server', () => {
  let callback;
  before(async () => (callback = await listen(dev.web_client)));
  after(() => callback?.close());

  // The application here has plain HTTP: beside a server with TLS it is another site, whose frames browsers keep from their cookies.
  const skip = dev.base_url.startsWith('https:') && 'the application is another site than the server';
  test('learns from the framed page that the person has left', { skip }, async () => {
    const context = await newContext();
    try {
      const { check_session_iframe: address } = await discovery();
      const page = await context.newPage();
      const { client_id: client } = dev.web_client;
      const returned = await authorize(page, authorization(client, callback.uri), callback.uri);
      const known = `${client} ${returned.searchParams.get('session_state')}`;
      assert.equal(await ask(page, address, known), 'unchanged');
      assert.equal(await ask(page, address, `another-${known}`), 'changed', 'of another application');
      for (const garbage of ['', 'x', `${client} `, `${client} no-salt`, `${client} no-salt.`, ' x.y']) {
        assert.equal(await ask(page, address, garbage), 'error', garbage);
      }

      const other = await context.newPage();
      await other.goto(`${dev.base_url}/orgs/${dev.org}/signout`);
      await submit(other, '#sign-out');
      assert.equal(await ask(page, address, known), 'changed');
      await authorize(other, authorization(client, callback.uri), callback.uri, { person: dev.admin });
      assert.equal(await ask(page, address, known), 'changed', 'somebody else signed in');
    } finally {
      await context.close();
    }
  });

  test('learns nothing from the framed page where the browser keeps frames from their cookies', async () => {
    const context = await newContext();
    try {
      const { check_session_iframe: address } = await discovery();
      const page = await context.newPage();
      await page.goto(callback.uri);
      // What a browser tells the page in such a case; no switch of this one makes it do so.
      await context.addInitScript(() => (document.hasStorageAccess = () => Promise.resolve(false)));
      assert.equal(await ask(page, address, 'somebody hash.salt'), 'error');
    } finally {
      await context.close();
    }
  });

  for (const [world, javaScriptEnabled] of [['with scripts', true], ['without scripts', false]]) {
    test(`is told in a frame, and gets the person back, ${world}`, async () => {
      const context = await newContext({ javaScriptEnabled });
      try {
        const { origin } = new URL(callback.uri);
        const client = await registerClient({
          redirect_uris: [callback.uri],
          token_endpoint_auth_method: 'client_secret_post',
          frontchannel_logout_uri: `${origin}/told`,
          frontchannel_logout_session_required: true,
          post_logout_redirect_uris: [`${origin}/bye`],
        });
        const page = await context.newPage();
        const returned = await authorize(page, authorization(client.client_id, callback.uri), callback.uri);
        const { token_endpoint: token, end_session_endpoint: end } = await discovery();
        const body = new URLSearchParams({
          grant_type: 'authorization_code', code: returned.searchParams.get('code'), redirect_uri: callback.uri,
          code_verifier: VERIFIER, client_id: client.client_id, client_secret: client.client_secret,
        });
        const { id_token: hint } = await (await fetch(token, { method: 'POST', body })).json();
        const { sid } = JSON.parse(Buffer.from(hint.split('.')[1], 'base64url'));
        callback.heard.length = 0;
        const query = new URLSearchParams({ id_token_hint: hint, post_logout_redirect_uri: `${origin}/bye`, state: 'back' });
        await page.goto(`${end}?${query}`);
        await page.waitForURL(`${origin}/bye?state=back`);
        const asked = callback.heard.filter((path) => path !== '/favicon.ico');
        assert.deepEqual(asked, [`/told?${new URLSearchParams({ iss: dev.issuer, sid })}`, '/bye?state=back'], 'in this order');
      } finally {
        await context.close();
      }
    });
  }
});

const VERIFIER = 'a-verifier-of-more-than-forty-three-characters-0123456789';

/** An authorization request of this client, with PKCE. */
function authorization(client_id, redirect_uri) {
  const code_challenge = createHash('sha256').update(VERIFIER).digest('base64url');
  const rest = { response_type: 'code', scope: 'openid', state: 'state', nonce: 'nonce', code_challenge_method: 'S256' };
  return `${dev.base_url}/orgs/${dev.org}/api/v1/oauth/authorize?${new URLSearchParams({ client_id, redirect_uri, code_challenge, ...rest })}`;
}

async function discovery() {
  return (await fetch(`${dev.issuer}/.well-known/openid-configuration`)).json();
}

async function registerClient(metadata) {
  const { registration_endpoint: endpoint } = await discovery();
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify(metadata) });
  assert.equal(response.status, 201, await response.clone().text());
  return response.json();
}

/** What the framed page answers to a message from this page. */
function ask(page, address, message) {
  return page.evaluate(async ([address, message]) => {
    const frame = document.createElement('iframe');
    const loaded = new Promise((resolve) => (frame.onload = resolve));
    frame.src = address;
    document.body.append(frame);
    await loaded;
    const answer = new Promise((resolve) => {
      window.addEventListener('message', (event) => event.source === frame.contentWindow && resolve(event.data));
    });
    frame.contentWindow.postMessage(message, new URL(address).origin);
    return answer.finally(() => frame.remove());
  }, [address, message]);
}
