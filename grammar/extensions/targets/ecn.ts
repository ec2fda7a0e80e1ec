/**
 * `-j ECN`: removes or sets the bits of explicit congestion notification (libipt_ECN.c, net/ipv4/netfilter/ipt_ECN.c). 1.8.9 also reads
 * --ecn-tcp-ece and --ecn-tcp-cwr with a value here, which no manual tells of; they are left to -m ecn, where they stand without one.
 */
import type { Rewrite } from '../../packet/rewrite.js';
import { integer } from '../../values/integer.js';
import { none } from '../../values/value.js';
import { defineTarget, type OrderedUse } from '../define.js';
import { goesOn } from '../effects.js';

/** What is cleared and set: the two TCP bits, and the two lowest of the TOS byte. */
interface Change {
  readonly removes: boolean;
  readonly ect: number | undefined;
}

/** --ecn-tcp-remove forgets what --ecn-ip-ect before it asked. */
const changeOf = (order: readonly OrderedUse[]): Change => {
  let change: Change = { removes: false, ect: undefined };
  for (const { key, value } of order) {
    if (key === 'remove') change = { removes: true, ect: undefined };
    else if (key === 'ect') change = { ...change, ect: value as number }; // by the option table below
  }
  return change;
};

/** ECE and CWR in the field `tcpFlags`. */
const tcpBits = 64 | 128;

const rewritesOf = ({ removes, ect }: Change): readonly Rewrite[] => {
  const rewrites: Rewrite[] = [];
  if (removes) rewrites.push({ kind: 'xor', field: 'tcpFlags', mask: tcpBits, value: 0 });
  if (ect !== undefined) rewrites.push({ kind: 'xor', field: 'tos', mask: 3, value: ect });
  return rewrites;
};

export const ecn = defineTarget({
  name: 'ECN',
  manual: 'iptables-extensions(8) ECN; net/ipv4/netfilter/ipt_ECN.c',
  families: [4],
  options: {
    remove: { flag: '--ecn-tcp-remove', value: none },
    ect: { flag: '--ecn-ip-ect', value: integer(0, 3) },
  },
  place: { tables: ['mangle'] },
  protocolsFor: ({ remove }) => (remove ? ['tcp'] : undefined),
  check: ({ remove, ect }) => (remove || ect ? undefined : 'it wants --ecn-tcp-remove'),
  effect: goesOn,
  rewrites: (_given, { order }) => rewritesOf(changeOf(order)),
  save: (_given, { order }) => {
    const { removes, ect } = changeOf(order);
    if (ect === undefined) return '--ecn-tcp-remove';
    return removes ? `--ecn-tcp-ece 0 --ecn-tcp-cwr 0 --ecn-ip-ect ${ect}` : `--ecn-ip-ect ${ect}`;
  },
  say: (_given, { order }) => {
    const { removes, ect } = changeOf(order);
    if (ect === undefined) return 'Remove ECN from the TCP header';
    return `${removes ? 'Remove ECN from the TCP header and set' : 'Set'} ECN of the IP header to ${ect}`;
  },
  examples: [
    { rule: '-p tcp -j ECN --ecn-tcp-remove', table: 'mangle', chain: 'POSTROUTING', says: 'Remove ECN' },
    { rule: '-j ECN --ecn-ip-ect 2', table: 'mangle', chain: 'POSTROUTING', says: 'Set ECN of the IP header to 2' },
    { rule: '-j ECN --ecn-tcp-remove', table: 'mangle', chain: 'POSTROUTING', refused: '-p tcp' },
    { rule: '-p tcp -j ECN', table: 'mangle', chain: 'POSTROUTING', refused: '--ecn-tcp-remove' },
  ],
});
