/** `-j TCPMSS`: lowers the largest segment size that a SYN offers (libxt_TCPMSS.c, net/netfilter/xt_TCPMSS.c). */
import { segmentSize } from '../../values/segment-size.js';
import type { TcpFlags } from '../../values/tcp-flags.js';
import { tcpFlagBits } from '../../values/tcp-flags.js';
import { none } from '../../values/value.js';
import { type BesideMatch, defineTarget, type MeaningContext, type Use } from '../define.js';
import { goesOn } from '../effects.js';

/** A match that wants SYN set; whatever else it wants. */
const wantsSyn = ({ name, given }: BesideMatch): boolean => {
  if (name !== 'tcp') return false;
  // The keys and value types of -m tcp (matches/tcp.ts).
  const syn = given.syn as Use | undefined;
  const flags = given.flags as Use<TcpFlags> | undefined;
  return (syn !== undefined && !syn.negated) || (flags !== undefined && !flags.negated && (flags.value.value & tcpFlagBits.SYN) !== 0);
};

/** Of both options the later one counts. */
const clamps = ({ order }: MeaningContext): boolean => order.at(-1)?.key === 'clamp';

export const tcpmss = defineTarget({
  name: 'TCPMSS',
  manual: 'iptables-extensions(8) TCPMSS; net/netfilter/xt_TCPMSS.c',
  options: { set: { flag: '--set-mss', value: segmentSize }, clamp: { flag: '--clamp-mss-to-pmtu', value: none } },
  protocols: ['tcp'],
  // Where the route out is known.
  placeFor: (_given, context) => (clamps(context) ? { hooks: ['FORWARD', 'OUTPUT', 'POSTROUTING'] } : undefined),
  check: ({ set, clamp }) => (set || clamp ? undefined : 'it wants --set-mss or --clamp-mss-to-pmtu'),
  checkRule: (_given, matches) =>
    matches.some(wantsSyn)
      ? undefined
      : { message: 'the legacy back end wants --syn or --tcp-flags with SYN beside TCPMSS', backends: ['legacy'] },
  effect: goesOn,
  // It never raises an MSS.
  rewrites: ({ set }, context) =>
    set && !clamps(context) ? [{ kind: 'to', field: 'mss', ranges: [[0, set.value]] }] : [{ kind: 'unknown', field: 'mss' }],
  hasSideEffect: true,
  save: ({ set }, context) => (clamps(context) || !set ? '--clamp-mss-to-pmtu' : `--set-mss ${set.value}`),
  say: ({ set }, context) => (clamps(context) || !set ? 'Lower the MSS to what the path carries' : `Lower the MSS to ${set.value}`),
  examples: [
    {
      rule: '-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu',
      table: 'mangle',
      chain: 'FORWARD',
      says: 'Lower the MSS to what the path carries',
    },
    {
      rule: '-p tcp -m tcp --tcp-flags SYN SYN -j TCPMSS --set-mss 1400',
      table: 'mangle',
      chain: 'FORWARD',
      says: 'Lower the MSS to 1400',
    },
    { rule: '-p tcp -m tcp --tcp-flags SYN SYN -j TCPMSS --set-mss 65516', table: 'mangle', chain: 'FORWARD', refused: '65515' },
    { rule: '-p udp -j TCPMSS --set-mss 1400', table: 'mangle', chain: 'FORWARD', refused: '-p tcp' },
    { rule: '-p tcp -m tcp --tcp-flags SYN SYN -j TCPMSS', table: 'mangle', chain: 'FORWARD', refused: '--set-mss' },
  ],
});
