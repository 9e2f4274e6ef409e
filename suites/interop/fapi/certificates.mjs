// Certificates of clients, made with openssl: what an authority of the bank's vouches for, and what vouches for itself.

import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'lumoauth-certificates-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const authorityFiles = files('authority');
let count = 0;

make('/CN=Authority of the bank', ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'], authorityFiles);

/** The authority that the server is told to believe, as PEM. */
export const authority = readFileSync(authorityFiles.certificate, 'utf8');

/** A certificate the authority vouches for. `names` are subject alternative names as openssl writes them: `DNS:bank.example`. */
export function issued(subject, names = []) {
  const extensions = ['extendedKeyUsage=clientAuth', ...(names.length ? [`subjectAltName=${names.join(',')}`] : [])];
  return identity(subject, extensions, ['-CA', authorityFiles.certificate, '-CAkey', authorityFiles.key]);
}

/** A certificate that nobody vouches for. */
export function selfSigned(subject) {
  return identity(subject, ['extendedKeyUsage=clientAuth'], []);
}

/** PEM for TLS, the key as a JWK for registration, and the thumbprint that tokens are bound to (RFC 8705 §3.1). */
function identity(subject, extensions, more) {
  count += 1;
  const own = files(`client-${count}`);
  make(subject, ['basicConstraints=critical,CA:FALSE', 'keyUsage=critical,digitalSignature', ...extensions], own, more);
  const [cert, key] = [readFileSync(own.certificate, 'utf8'), readFileSync(own.key, 'utf8')];
  const der = new X509Certificate(cert).raw;
  const jwk = { ...createPublicKey(cert).export({ format: 'jwk' }), kid: `certificate-${count}`, x5c: [der.toString('base64')] };
  return { cert, key, jwk, files: own, thumbprint: createHash('sha256').update(der).digest('base64url') };
}

function make(subject, extensions, { certificate, key }, more = []) {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc'];
  const added = extensions.flatMap((extension) => ['-addext', extension]);
  const place = ['-keyout', key, '-out', certificate];
  execFileSync('openssl', ['req', '-x509', '-days', '2', '-subj', subject, ...curve, ...added, ...place, ...more], { stdio: 'pipe' });
}

function files(name) {
  return { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
}
