/** `-j ECN`: removes or sets the bits of explicit congestion notification (libipt_ECN.c, net/ipv4/netfilter/ipt_ECN.c). */
import type { Rewrite } from '../../packet/rewrite.js';
import { integer } from '../../values/integer.js';
import { none } from '../../values/value.js';
import { defineTarget, type OrderedUse } from '../define.js';
import { goesOn } from '../effects.js';
import { join } from '../spell.js';

/** What is set: the two TCP bits, and the two lowest of the TOS byte. */
interface Bits {
  readonly ece: number | undefined;
  readonly cwr: number | undefined;
  readonly ect: number | undefined;
}

/** --ecn-tcp-remove sets both TCP bits to 0 and forgets what --ecn-ip-ect before it asked. */
const bitsOf = (order: readonly OrderedUse[]): Bits => {
  let bits: Bits = { ece: undefined, cwr: undefined, ect: undefined };
  for (const { key, value } of order) {
    if (key === 'remove') bits = { ece: 0, cwr: 0, ect: undefined };
    else if (key === 'ece' || key === 'cwr' || key === 'ect') bits = { ...bits, [key]: value as number }; // by the option table below
  }
  return bits;
};

const isRemoval = ({ ece, cwr, ect }: Bits): boolean => ece === 0 && cwr === 0 && ect === undefined;

const rewritesOf = ({ ece, cwr, ect }: Bits): readonly Rewrite[] => {
  const mask = (ece === undefined ? 0 : 64) | (cwr === undefined ? 0 : 128);
  const value = (ece ? 64 : 0) | (cwr ? 128 : 0);
  const rewrites: Rewrite[] = [];
  if (mask !== 0) rewrites.push({ kind: 'xor', field: 'tcpFlags', mask, value });
  if (ect !== undefined) rewrites.push({ kind: 'xor', field: 'tos', mask: 3, value: ect });
  return rewrites;
};

export const ecn = defineTarget({
  name: 'ECN',
  manual: 'iptables-extensions(8) ECN; net/ipv4/netfilter/ipt_ECN.c',
  families: [4],
  options: {
    remove: { flag: '--ecn-tcp-remove', value: none, excludes: ['ece', 'cwr'] },
    ece: { flag: '--ecn-tcp-ece', value: integer(0, 1), excludes: ['remove'] },
    cwr: { flag: '--ecn-tcp-cwr', value: integer(0, 1), excludes: ['remove'] },
    ect: { flag: '--ecn-ip-ect', value: integer(0, 3) },
  },
  place: { tables: ['mangle'] },
  protocolsFor: ({ remove, ece, cwr }) => (remove || ece || cwr ? ['tcp'] : undefined),
  check: ({ remove, ece, cwr, ect }) => (remove || ece || cwr || ect ? undefined : 'it wants --ecn-tcp-remove'),
  effect: goesOn,
  rewrites: (_given, { order }) => rewritesOf(bitsOf(order)),
  save: (_given, { order }) => {
    const bits = bitsOf(order);
    if (isRemoval(bits)) return '--ecn-tcp-remove';
    return join(
      bits.ece !== undefined && `--ecn-tcp-ece ${bits.ece}`,
      bits.cwr !== undefined && `--ecn-tcp-cwr ${bits.cwr}`,
      bits.ect !== undefined && `--ecn-ip-ect ${bits.ect}`,
    );
  },
  say: (_given, { order }) => {
    const bits = bitsOf(order);
    if (isRemoval(bits)) return 'Remove ECN from the TCP header';
    const parts = [
      bits.ece !== undefined && `ECE to ${bits.ece}`,
      bits.cwr !== undefined && `CWR to ${bits.cwr}`,
      bits.ect !== undefined && `ECN of the IP header to ${bits.ect}`,
    ].filter((part) => part !== false);
    return `Set ${parts.join(', ')}`;
  },
  examples: [
    { rule: '-p tcp -j ECN --ecn-tcp-remove', table: 'mangle', chain: 'POSTROUTING', says: 'Remove ECN' },
    { rule: '-j ECN --ecn-ip-ect 2', table: 'mangle', chain: 'POSTROUTING', says: 'Set ECN of the IP header to 2' },
    { rule: '-j ECN --ecn-tcp-remove', table: 'mangle', chain: 'POSTROUTING', refused: '-p tcp' },
    { rule: '-p tcp -j ECN', table: 'mangle', chain: 'POSTROUTING', refused: '--ecn-tcp-remove' },
  ],
});
