/** `-j SYNPROXY`: answers SYN packets in the server's place and passes on only connections that are completed (libxt_SYNPROXY.c, ipt_SYNPROXY.c). */
import { bits, some } from '../../packet/predicate.js';
import { tcpFlagBits } from '../../values/tcp-flags.js';
import { none } from '../../values/value.js';
import { wrappedInteger } from '../../values/wrapped-integer.js';
import { defineTarget } from '../define.js';
import { endsIn } from '../effects.js';
import { join } from '../spell.js';

const handshake = tcpFlagBits.SYN | tcpFlagBits.ACK | tcpFlagBits.FIN | tcpFlagBits.RST;

export const synproxy = defineTarget({
  name: 'SYNPROXY',
  manual: 'iptables-extensions(8) SYNPROXY; net/ipv4/netfilter/ipt_SYNPROXY.c',
  options: {
    sackPermitted: { flag: '--sack-perm', value: none },
    timestamp: { flag: '--timestamp', value: none },
    windowScale: { flag: '--wscale', value: wrappedInteger(8) },
    mss: { flag: '--mss', value: wrappedInteger(16) },
    ecn: { flag: '--ecn', value: none },
  },
  place: { hooks: ['INPUT', 'FORWARD'] },
  protocols: ['tcp'],
  effect: endsIn('stolen'),
  // The first packet and the last of the handshake end here; what is neither (RST, FIN, SYN,ACK) meets the next rule (measured on Linux 6.18).
  actsOn: () => some(bits('tcpFlags', handshake, tcpFlagBits.SYN), bits('tcpFlags', handshake, tcpFlagBits.ACK)),
  hasSideEffect: true,
  say: ({ sackPermitted, timestamp, windowScale, mss, ecn }) => {
    const parts = [
      sackPermitted && 'SACK',
      timestamp && 'timestamps',
      windowScale && `window scale ${windowScale.value}`,
      mss && `MSS ${mss.value}`,
      ecn && 'ECN',
    ].filter((part) => part !== undefined);
    return join("Shake hands in the server's place", parts.length > 0 && `(${parts.join(', ')})`);
  },
  examples: [
    {
      rule: '-p tcp -m tcp --dport 80 -j SYNPROXY --mss 1460 --wscale 7 --sack-perm --timestamp',
      saved: '-p tcp -m tcp --dport 80 -j SYNPROXY --sack-perm --timestamp --wscale 7 --mss 1460',
      says: "Shake hands in the server's place (SACK, timestamps, window scale 7, MSS 1460)",
    },
    { rule: '-j SYNPROXY', refused: '-p tcp' },
  ],
});
