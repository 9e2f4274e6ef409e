// FAPI with openid-client over TLS: every variant of the profiles, with certificates and proofs of the client's own.

import { before, describe } from 'node:test';

import { devices, fapiCiba } from './fapi/apart.mjs';
import { authority } from './fapi/certificates.mjs';
import { fapiOne } from './fapi/one.mjs';
import { administer } from './fapi/party.mjs';
import { fapiTwo } from './fapi/two.mjs';

before(() => administer('PATCH', 'settings/security', { client_certificate_authorities: authority }));

describe('FAPI 2.0', { concurrency: 4 }, fapiTwo);
describe('FAPI 1.0 Advanced', { concurrency: 4 }, fapiOne);
describe('FAPI-CIBA', fapiCiba);
describe('devices', devices);
