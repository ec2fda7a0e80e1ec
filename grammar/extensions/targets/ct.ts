/** `-j CT`: how conntrack shall treat the packet's connection: not at all, in a zone, with a helper (libxt_CT.c, net/netfilter/xt_CT.c). */
import { bareName, lostBare, printBare } from '../../values/bare-name.js';
import { nameList, sayTogether } from '../../values/names.js';
import { byteLength, cutText } from '../../values/text.js';
import { none } from '../../values/value.js';
import { zone } from '../../values/zone.js';
import { defineTarget, type OrderedUse } from '../define.js';
import { goesOn } from '../effects.js';
import { join } from '../spell.js';
import { asNew, isUnseen, untracked } from '../tracked.js';

/** In the order of their bits, which is that of printing. */
const events = ['new', 'related', 'destroy', 'reply', 'assured', 'protoinfo', 'helper', 'mark', 'natseqinfo', 'secmark'] as const;
const connectionEvents = nameList({ names: events, what: 'conntrack event' });
const expectationEvents = nameList({ names: ['new'], what: 'expectation event' });

/** Protocols of the helpers that the kernel brings; a helper serves no other. */
const helperProtocols: Readonly<Record<string, readonly string[]>> = {
  amanda: ['udp'],
  ftp: ['tcp'],
  irc: ['tcp'],
  'netbios-ns': ['udp'],
  pptp: ['tcp'],
  'Q.931': ['tcp'],
  RAS: ['udp'],
  sane: ['tcp'],
  sip: ['tcp', 'udp'],
  snmp: ['udp'],
  tftp: ['udp'],
};

/** Protocols that conntrack tells apart; helpers and timeout policies of unknown names may serve any of them. */
const trackedProtocols = ['tcp', 'udp', 'sctp', 'dccp', 'udplite', 'icmp', 'ipv6-icmp', 'gre'] as const;

/** The three zone options share one number, the last one written; `mark` sticks. Directions add up, and both together are none. */
const zoneOf = (order: readonly OrderedUse[]): { readonly flag: string; readonly value: number | 'mark' } | undefined => {
  let id = 0;
  let isMark = false;
  const directions = new Set<string>();
  for (const { key, value } of order) {
    if (key !== 'zone' && key !== 'zoneOriginal' && key !== 'zoneReply') continue;
    if (key !== 'zone') directions.add(key);
    if (value === 'mark') isMark = true;
    else id = value as number; // the value type of all three
  }
  if (!isMark && id === 0) return undefined;
  const flag = directions.size !== 1 ? '--zone' : directions.has('zoneReply') ? '--zone-reply' : '--zone-orig';
  return { flag, value: isMark ? 'mark' : id };
};

export const ct = defineTarget({
  name: 'CT',
  manual: 'iptables-extensions(8) CT; net/netfilter/xt_CT.c',
  options: {
    notrack: { flag: '--notrack', value: none },
    helper: { flag: '--helper', value: bareName(15) },
    timeout: { flag: '--timeout', value: bareName(31) },
    events: { flag: '--ctevents', value: connectionEvents },
    expectationEvents: { flag: '--expevents', value: expectationEvents },
    zone: { flag: '--zone', value: zone },
    zoneOriginal: { flag: '--zone-orig', value: zone },
    zoneReply: { flag: '--zone-reply', value: zone },
  },
  place: { tables: ['raw'] },
  // The kernel looks at neither where connections are not tracked; an empty name is none.
  protocolsFor: ({ notrack, helper, timeout }) => {
    if (notrack) return undefined;
    if (helper && helper.value !== '') return helperProtocols[helper.value] ?? trackedProtocols;
    return timeout && timeout.value !== '' ? trackedProtocols : undefined;
  },
  effect: goesOn,
  actsOn: () => isUnseen,
  rewrites: ({ notrack }) => {
    const state = notrack ? untracked : asNew;
    return [{ kind: 'to', field: 'connectionState', ranges: [[state, state]] }];
  },
  hasSideEffect: true,
  // The kernel hands back four bytes of the name of timeouts (Linux 6.18, both back ends). The whole name is printed here.
  lostOnSave: ({ helper, timeout }) => {
    if (helper && helper.value !== '' && lostBare('--helper', helper.value)) return lostBare('--helper', helper.value);
    if (!timeout || timeout.value === '') return undefined;
    return byteLength(timeout.value) > 4
      ? `iptables-save prints --timeout ${cutText(timeout.value, 4)} for --timeout ${timeout.value}`
      : lostBare('--timeout', timeout.value);
  },
  save: ({ notrack, helper, timeout, events: of, expectationEvents: expected }, { order }) => {
    const where = zoneOf(order);
    return join(
      notrack && '--notrack',
      helper && helper.value !== '' && `--helper ${printBare(helper.value)}`,
      timeout && timeout.value !== '' && `--timeout ${printBare(timeout.value)}`,
      of && `--ctevents ${of.value.join(',')}`,
      expected && `--expevents ${expected.value.join(',')}`,
      where && `${where.flag} ${where.value}`,
    );
  },
  say: ({ notrack, helper, timeout, events: of, expectationEvents: expected }, context) => {
    if (notrack) return 'Do not track the connection';
    const where = zoneOf(context.order);
    const parts = [
      where &&
        `in ${where.value === 'mark' ? 'the zone' : 'zone'} ${zone.say(where.value, { ...context, negated: false })}${where.flag === '--zone' ? '' : ` for the ${where.flag === '--zone-reply' ? 'reply' : 'original'} direction`}`,
      helper && helper.value !== '' && `with the helper ${helper.value}`,
      timeout && timeout.value !== '' && `with the timeouts ${timeout.value}`,
      of && `telling only of ${sayTogether(of.value)} events`,
      expected && `telling of expectations only when ${expected.value.join(', ')}`,
    ].filter((part) => part);
    return parts.length === 0 ? 'Track the connection as usual' : `Track the connection ${parts.join(', ')}`;
  },
  examples: [
    { rule: '-j CT --notrack', table: 'raw', chain: 'PREROUTING', says: 'Do not track' },
    { rule: '-p tcp -j CT --helper ftp', table: 'raw', chain: 'PREROUTING', says: 'with the helper ftp' },
    {
      rule: '-j CT --zone-orig 7 --ctevents reply,new',
      saved: '-j CT --ctevents new,reply --zone-orig 7',
      table: 'raw',
      chain: 'PREROUTING',
      says: 'in zone 7 for the original direction',
    },
    { rule: '-p udp -j CT --helper ftp', table: 'raw', chain: 'PREROUTING', refused: '-p tcp' },
    { rule: '-j CT --ctevents all', table: 'raw', chain: 'PREROUTING', refused: 'conntrack event' },
  ],
});
