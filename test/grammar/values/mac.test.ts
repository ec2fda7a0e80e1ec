/** MAC addresses as --mac-source reads them. */
import { expect, test } from 'vitest';
import { mac } from '../../../grammar/values/mac.js';
import { printed } from './reading.js';

test.each([
  ['00:00:5e:00:53:01', '00:00:5e:00:53:01'],
  ['0:0:5E:0:53:AF', '00:00:5e:00:53:af'],
  ['5e::53:1:2:3', '5e:00:53:01:02:03'],
  ['ff:ff:ff:ff:ff:ff', 'ff:ff:ff:ff:ff:ff'],
  ['00-00-5e-00-53-01', 'refused: "00-00-5e-00-53-01" is not a MAC address'],
  ['00:00:5e:00:53', 'refused: "00:00:5e:00:53" is not a MAC address'],
  ['00:00:5e:00:53:001', 'refused: "00:00:5e:00:53:001" is not a MAC address'],
])('--mac-source %s is saved as %s', (word, saved) => {
  expect(printed(mac, word)).toBe(saved);
});
