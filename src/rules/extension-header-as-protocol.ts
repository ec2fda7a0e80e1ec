/** IPv6 extension headers asked for as if they were the protocol. */
import { authenticationHeader, protocolName } from '../../grammar/index.js';
import { basicsOf, censusOf } from '../model/census.js';
import { placeOfRule, spanOf } from '../model/place.js';
import { defineCheck } from './define.js';

/** Extension header to the match that finds it. iptables itself warns of these four; `-p 0` is every protocol. */
const headers: ReadonlyMap<number, string> = new Map([
  [43, '-m rt'],
  [44, '-m frag'],
  [51, '-m ah'],
  [60, '-m dst'],
]);

export default defineCheck({
  id: 'extension-header-as-protocol',
  category: 'load',
  level: 'warning',
  summary: 'An IPv6 extension header in place of a protocol.',
  why: 'ip6tables looks past extension headers for the protocol of a packet, so "-p ipv6-frag" never matches: behind such a header there is always another one, or the protocol itself. "-p ah" never matches under the legacy back end; nft takes the authentication header for the protocol, and does not see what stands behind it. iptables prints a warning while it loads the rule, and loads it.',
  advice: 'Ask with the match of the header: -m frag, -m rt, -m dst, -m ah, or -m ipv6header --header NAME.',
  examples: {
    find: [
      { title: 'fragments by protocol', text: '-A INPUT -p ipv6-frag -j DROP', family: 6 },
      { title: 'an authentication header, under the legacy back end', text: '-A INPUT -p ah -j ACCEPT', family: 6, backend: 'legacy' },
    ],
    leave: [
      { title: 'an authentication header, under the nft back end', text: '-A INPUT -p ah -j ACCEPT', family: 6, backend: 'nft' },
      { title: 'fragments by their header', text: '-A INPUT -m frag --fragmore -j DROP', family: 6 },
      { title: 'ESP, which ends the chain of headers', text: '-A INPUT -p esp -j ACCEPT', family: 6 },
    ],
  },
  checkRuleset: ({ ruleset, backend, report }) => {
    if (ruleset.family !== 6) return;
    const census = censusOf(ruleset);
    for (const rule of [...headers.keys()].flatMap((header) => census.withProtocol(header))) {
      const option = basicsOf(rule)?.options.find(({ key, spec, negated }) => key === 'protocol' && spec && !negated);
      const match = option && headers.get(option.value as number);
      if (!option || !match) continue;
      const isSeenByNft = option.value === authenticationHeader;
      if (isSeenByNft && backend === 'nft') continue;
      const name = protocolName(option.value as number);
      report({
        ...placeOfRule(rule),
        focus: [spanOf(option)],
        label: 'an extension header',
        message: `-p ${name} never matches${isSeenByNft ? ' under the legacy back end' : ''}: it is an extension header, and ip6tables looks past those for the protocol`,
        help: `use ${match} in place of -p`,
      });
    }
  },
});
