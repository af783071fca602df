import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRefused } from '../../../consumers/alerts/addresses.ts';

const REFUSED = [
  '127.0.0.1', '127.255.255.254', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '224.0.0.1', '255.255.255.255', '198.18.0.1',
  '::', '::1', '::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:8.8.8.8', '64:ff9b::7f00:1', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd12:3456::1', 'ff02::1', '2001::1', '2001:db8::1', '2002:7f00:1::', '3fff::1',
  'localhost', '', '127.1',
];
const ALLOWED = ['8.8.8.8', '172.15.255.255', '172.32.0.1', '100.63.255.255', '100.128.0.1', '192.167.255.255', '2606:4700::1111', '2a00:1450:4001::1', '2001:4860:4860::8888'];

test('loopback, private, link-local, reserved, tunnelled: refused', () => {
  assert.deepEqual(REFUSED.filter((address) => !isRefused(address)), []);
});

test('public unicast: allowed', () => {
  assert.deepEqual(ALLOWED.filter(isRefused), []);
});
