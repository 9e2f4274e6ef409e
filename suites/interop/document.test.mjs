// The programs of docs/FAPI.md, run as they are printed there.

import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { Person } from './fapi/person.mjs';
import { dev } from './harness.mjs';

const here = import.meta.dirname ?? dirname(new URL(import.meta.url).pathname);
const page = readFileSync(join(here, '../../docs/FAPI.md'), 'utf8');
const [bank, certificate] = [...page.matchAll(/^```js\n(.*?)^```$/gms)].map(([, program]) => program);
const isTls = dev.base_url.startsWith('https:');

let folder;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'lumoauth-document-'));
  symlinkSync(join(here, 'node_modules'), join(folder, 'node_modules'));
  symlinkSync(dirname(resolve(process.env.LUMOAUTH_DEV_JSON)), join(folder, 'lumoauth-data'));
  writeFileSync(join(folder, 'bank.mjs'), bank);
  writeFileSync(join(folder, 'certificate.mjs'), certificate);
});
after(() => rmSync(folder, { recursive: true, force: true }));

describe('docs/FAPI.md', () => {
  test('bank.mjs signs a person in and holds a token that is worth nothing without its key', async () => {
    const program = spawn('node', ['bank.mjs'], { cwd: folder, timeout: 30_000 });
    const complaints = [];
    program.stderr.on('data', (part) => complaints.push(part));
    const said = [];
    for await (const line of createInterface({ input: program.stdout })) {
      said.push(line);
      const [, address] = /^Open (\S+)$/.exec(line) ?? [];
      if (address) await fetch(await new Person().visit(address, 'http://127.0.0.1:8917/callback'));
    }
    const all = said.join('\n');
    assert.match(all, /^200 \{/m, `${all}\n${Buffer.concat(complaints)}`);
    assert.match(all, new RegExp(`iss: '${dev.issuer}'`));
    assert.equal(said.at(-1), '401 without the key');
  });

  test('certificate.mjs holds a token that is worth nothing without its certificate', { skip: !isTls }, async () => {
    const [, command] = /^openssl (req .*)$/m.exec(page);
    execFileSync('openssl', command.split(' '), { cwd: folder, stdio: 'pipe' });
    const { stdout } = await promisify(execFile)('node', ['certificate.mjs'], { cwd: folder, timeout: 30_000 });
    assert.match(stdout, /^200 \{/);
    assert.match(stdout, /^401 without the certificate$/m);
  });
});
