// TLS as openssl sees it, at every host that the metadata names: what FAPI and BCP 195 want of versions and cipher suites, and
// certificates of clients.
//
// The names are those of the modules in which the conformance suite looks at the same.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, test } from 'node:test';

import { issued, selfSigned } from './fapi/certificates.mjs';
import { dev } from './harness.mjs';

/** What openssl offers when it is told to be careless. */
const EVERYTHING = 'ALL:COMPLEMENTOFALL:@SECLEVEL=0';
const AES_GCM = ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384'];

const MODULES = [
  'fapi2-security-profile-final-ensure-holder-of-key-required', 'fapi1-advanced-final-ensure-mtls-holder-of-key-required',
  'fapi-ciba-id1-ensure-mtls-holder-of-key-required',
];

const metadata = await (await fetch(`${dev.issuer}/.well-known/openid-configuration`)).json();
const addresses = [metadata, metadata.mtls_endpoint_aliases ?? {}].flatMap((part) => Object.entries(part))
  .filter(([name]) => /_endpoint$|^jwks_uri$/.test(name)).map(([, address]) => new URL(address).host);
const hosts = [...new Set([...addresses, new URL(dev.base_url).host])];

for (const host of hosts) {
  describe(`the handshake at ${host}`, () => {
    const connect = (...options) => handshake(host, options);

    for (const module of MODULES) {
      test(`${module}: TLS 1.0 and 1.1 are refused`, async () => {
        for (const version of ['-tls1', '-tls1_1']) {
          const said = await connect(version, '-cipher', EVERYTHING);
          assert.match(said, /SSL alert number \d+/, version);
          assert.match(said, /Cipher is \(NONE\)/, version);
        }
      });

      test(`${module}: TLS 1.2 is taken with ECDHE and AES-GCM alone`, async () => {
        const taken = [];
        for (;;) {
          const said = await connect('-tls1_2', '-cipher', [EVERYTHING, ...taken.map((suite) => `!${suite}`)].join(':'));
          const suite = /Cipher is (\S+)/.exec(said)?.[1];
          if (!suite || suite === '(NONE)') {
            assert.match(said, /alert handshake failure/);
            break;
          }
          taken.push(suite);
        }
        assert.deepEqual(taken.sort(), AES_GCM);
      });

      test(`${module}: TLS 1.3 is taken, and preferred`, async () => {
        assert.match(await connect('-tls1_3'), /^New, TLSv1\.3, Cipher is TLS_/m);
        assert.match(await connect(), /^New, TLSv1\.3, Cipher is TLS_/m);
      });
    }

    test('renegotiation is safe from insertion (RFC 5746), and nothing is compressed', async () => {
      const said = await connect('-tls1_2');
      assert.match(said, /^Secure Renegotiation IS supported$/m);
      assert.match(said, /^Compression: NONE$/m);
    });

    for (const version of ['-tls1_2', '-tls1_3']) {
      test(`a certificate of the client is asked for, whoever issued it, and not needed (${version.slice(1)})`, async () => {
        for (const { certificate, key } of [selfSigned('/CN=bank').files, issued('/CN=bank').files]) {
          const said = await connect(version, '-cert', certificate, '-key', key);
          assert.match(said, /^No client certificate CA names sent$/m);
          assert.match(said, /^Requested Signature Algorithms: \S+/m);
          assert.match(said, /^HTTP\/1\.1 200 /m);
        }
        assert.match(await connect(version), /^HTTP\/1\.1 200 /m);
      });
    }
  });
}

/** What openssl says about a connection over which it asks whether the server is well. */
function handshake(host, options) {
  const trust = ['-CAfile', dev.ca_file, '-verify_return_error'];
  const program = spawn('openssl', ['s_client', '-connect', host, '-servername', 'localhost', '-ign_eof', ...trust, ...options]);
  const parts = [];
  for (const stream of [program.stdout, program.stderr]) stream.on('data', (part) => parts.push(part));
  program.stdin.on('error', () => {});
  program.stdin.end(`GET /health/ready HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  return new Promise((resolve, reject) => {
    program.on('error', reject);
    program.on('close', () => resolve(Buffer.concat(parts).toString()));
  });
}
