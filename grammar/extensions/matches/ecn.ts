/** `-m ecn`: the ECN bits of the IP header and of TCP. */
import { all, bits, is, notIf, type Predicate, some, test } from '../../packet/predicate.js';
import { integer } from '../../values/integer.js';
import { none } from '../../values/value.js';
import { defineMatch, phrase, type Use } from '../define.js';

/** A later fragment is not told apart: its payload is read as if it were a TCP header (xt_ecn.c, match_tcp). */
const tcpBit = (bit: number, name: string, use: Use<true> | undefined): Predicate | undefined =>
  use &&
  all(
    is('protocol', 6),
    some(
      all(is('laterFragment', 0), notIf(use.negated, bits('tcpFlags', bit, bit))),
      all(
        is('laterFragment', 1),
        test({
          extension: 'ecn',
          text: `-m ecn ${use.negated ? '! ' : ''}${name}`,
          decidedBy: 'packet',
          reads: [],
          given: { [name]: true, negated: use.negated },
        }),
      ),
    ),
  );

const codepoints = ['not ECN capable', 'ECT(1)', 'ECT(0)', 'congestion experienced'] as const;

export const ecn = defineMatch({
  name: 'ecn',
  manual: 'iptables-extensions(8) ecn; net/netfilter/xt_ecn.c',
  decidedBy: 'packet',
  options: {
    echo: { flag: '--ecn-tcp-ece', value: none, negatable: true },
    reduced: { flag: '--ecn-tcp-cwr', value: none, negatable: true },
    ip: { flag: '--ecn-ip-ect', value: integer(0, 3), negatable: true },
  },
  protocolsFor: ({ echo, reduced }) => (echo || reduced ? ['tcp'] : undefined),
  check: ({ echo, reduced, ip }) => (echo || reduced || ip ? undefined : 'it wants an option'),
  matches: ({ echo, reduced, ip }) =>
    all(ip && notIf(ip.negated, bits('tos', 3, ip.value)), tcpBit(64, '--ecn-tcp-ece', echo), tcpBit(128, '--ecn-tcp-cwr', reduced)),
  say: ({ echo, reduced, ip }) => [
    ...(echo || reduced ? [phrase('noun', 'TCP packets')] : []),
    ...(echo ? [phrase('condition', `${echo.negated ? 'without' : 'with'} ECE set`)] : []),
    ...(reduced ? [phrase('condition', `${reduced.negated ? 'without' : 'with'} CWR set`)] : []),
    ...(ip ? [phrase('condition', `with ${ip.negated ? 'any ECN bits but ' : 'ECN bits '}${ip.value} (${codepoints[ip.value]})`)] : []),
  ],
  examples: [
    { rule: '-m ecn --ecn-ip-ect 3', says: 'with ECN bits 3 (congestion experienced)' },
    {
      rule: '-p tcp -m ecn --ecn-tcp-cwr ! --ecn-tcp-ece',
      saved: '-p tcp -m ecn ! --ecn-tcp-ece --ecn-tcp-cwr',
      says: 'without ECE set',
    },
    { rule: '-m ecn --ecn-tcp-cwr', refused: '-p tcp' },
    { rule: '-m ecn --ecn-ip-ect 4', refused: '0 to 3' },
    { rule: '-m ecn', refused: 'an option' },
  ],
});
