/**
 * `-j ECN`: removes or sets the bits of explicit congestion notification (libipt_ECN.c, net/ipv4/netfilter/ipt_ECN.c). --ecn-tcp-ece and
 * --ecn-tcp-cwr stand in no manual, but iptables-save prints them; unlike those of -m ecn they have a value.
 */
import type { Rewrite } from '../../packet/rewrite.js';
import { integer } from '../../values/integer.js';
import { none } from '../../values/value.js';
import { defineTarget, type OrderedUse } from '../define.js';
import { goesOn } from '../effects.js';
import { join } from '../spell.js';

/** What the bits become, where they are told: the two TCP bits, and the two lowest of the TOS byte. */
interface Change {
  readonly ece?: number;
  readonly cwr?: number;
  readonly ect?: number;
}

/** --ecn-tcp-remove forgets what --ecn-ip-ect before it asked. */
const changeOf = (order: readonly OrderedUse[]): Change => {
  let change: Change = {};
  for (const { key, value } of order) {
    if (key === 'remove') change = { ece: 0, cwr: 0 };
    else change = { ...change, [key]: value as number }; // by the option table below
  }
  return change;
};

/** ECE and CWR in the field `tcpFlags`. */
const bits = { ece: 64, cwr: 128 } as const;

const rewritesOf = ({ ece, cwr, ect }: Change): readonly Rewrite[] => {
  const rewrites: Rewrite[] = [];
  const mask = (ece === undefined ? 0 : bits.ece) | (cwr === undefined ? 0 : bits.cwr);
  if (mask !== 0) rewrites.push({ kind: 'xor', field: 'tcpFlags', mask, value: (ece ? bits.ece : 0) | (cwr ? bits.cwr : 0) });
  if (ect !== undefined) rewrites.push({ kind: 'xor', field: 'tos', mask: 3, value: ect });
  return rewrites;
};

const isRemoval = ({ ece, cwr }: Change): boolean => ece === 0 && cwr === 0;

export const ecn = defineTarget({
  name: 'ECN',
  manual: 'iptables-extensions(8) ECN; net/ipv4/netfilter/ipt_ECN.c',
  families: [4],
  options: {
    remove: { flag: '--ecn-tcp-remove', value: none, excludes: ['ece', 'cwr'] },
    ece: { flag: '--ecn-tcp-ece', value: integer(0, 1) },
    cwr: { flag: '--ecn-tcp-cwr', value: integer(0, 1) },
    ect: { flag: '--ecn-ip-ect', value: integer(0, 3) },
  },
  place: { tables: ['mangle'] },
  protocolsFor: ({ remove, ece, cwr }) => (remove || ece || cwr ? ['tcp'] : undefined),
  check: ({ remove, ece, cwr, ect }) => (remove || ece || cwr || ect ? undefined : 'it wants --ecn-tcp-remove'),
  effect: goesOn,
  rewrites: (_given, { order }) => rewritesOf(changeOf(order)),
  save: (_given, { order }) => {
    const change = changeOf(order);
    const { ece, cwr, ect } = change;
    if (isRemoval(change) && ect === undefined) return '--ecn-tcp-remove';
    return join(
      ece !== undefined && `--ecn-tcp-ece ${ece}`,
      cwr !== undefined && `--ecn-tcp-cwr ${cwr}`,
      ect !== undefined && `--ecn-ip-ect ${ect}`,
    );
  },
  say: (_given, { order }) => {
    const change = changeOf(order);
    const { ece, cwr, ect } = change;
    const tcp = isRemoval(change)
      ? ['remove ECN from the TCP header']
      : [
          ...(ece === undefined ? [] : [`set ECE of the TCP header to ${ece}`]),
          ...(cwr === undefined ? [] : [`set CWR of the TCP header to ${cwr}`]),
        ];
    const words = [...tcp, ...(ect === undefined ? [] : [`set ECN of the IP header to ${ect}`])].join(' and ');
    return words.charAt(0).toUpperCase() + words.slice(1);
  },
  examples: [
    { rule: '-p tcp -j ECN --ecn-tcp-remove', table: 'mangle', chain: 'POSTROUTING', says: 'Remove ECN' },
    {
      rule: '-p tcp -j ECN --ecn-tcp-remove --ecn-ip-ect 1',
      saved: '-p tcp -j ECN --ecn-tcp-ece 0 --ecn-tcp-cwr 0 --ecn-ip-ect 1',
      table: 'mangle',
      chain: 'POSTROUTING',
      says: 'Remove ECN from the TCP header and set ECN of the IP header to 1',
    },
    {
      rule: '-p tcp -j ECN --ecn-tcp-ece 0 --ecn-tcp-cwr 1',
      table: 'mangle',
      chain: 'POSTROUTING',
      says: 'set CWR of the TCP header to 1',
    },
    { rule: '-p tcp -j ECN --ecn-tcp-remove --ecn-tcp-ece 1', table: 'mangle', chain: 'POSTROUTING', refused: 'together' },
    { rule: '-j ECN --ecn-ip-ect 2', table: 'mangle', chain: 'POSTROUTING', says: 'Set ECN of the IP header to 2' },
    { rule: '-j ECN --ecn-tcp-remove', table: 'mangle', chain: 'POSTROUTING', refused: '-p tcp' },
    { rule: '-p tcp -j ECN', table: 'mangle', chain: 'POSTROUTING', refused: '--ecn-tcp-remove' },
  ],
});
