/** `-j SYNPROXY`: answers SYN packets in the server's place and passes on only connections that are completed (libxt_SYNPROXY.c, ipt_SYNPROXY.c). */
import { none } from '../../values/value.js';
import { wrappedInteger } from '../../values/wrapped-integer.js';
import { defineTarget } from '../define.js';
import { endsIn } from '../effects.js';
import { join } from '../spell.js';

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
  // SYN and ACK end here; what is neither (RST, FIN, SYN,ACK) is accepted. No packet reaches the next rule (measured on Linux 6.18).
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
