/** Networks written with the address of a host in them. */
import { Fault, type Network, type OptionNode, parseAddress, printNetwork } from '../../grammar/index.js';
import { basicsOf, censusOf } from '../model/census.js';
import { placeOfRule, spanOf } from '../model/place.js';
import { writtenValue } from '../model/written.js';
import { defineCheck, gatherByCause } from './define.js';

export default defineCheck({
  id: 'host-bits-set',
  category: 'load',
  level: 'warning',
  summary: 'A network written with bits of a host, which iptables clears.',
  why: '"192.0.2.7/24" is loaded as 192.0.2.0/24 and covers 256 addresses, whatever the last number says. Often that is what was meant; but if one host was meant, the rule takes in all of its neighbours. iptables-save shows the network as it was loaded.',
  advice: 'Write the network (192.0.2.0/24), or the host (192.0.2.7).',
  examples: {
    find: [{ title: 'a host with the mask of its network', text: '-A INPUT -s 192.0.2.7/24 -p tcp -m tcp --dport 22 -j ACCEPT' }],
    leave: [
      { title: 'the network', text: '-A INPUT -s 192.0.2.0/24 -j ACCEPT' },
      { title: 'one host', text: '-A INPUT -s 192.0.2.7/32 -d 192.0.2.7/255.255.255.255 -j ACCEPT' },
    ],
  },
  checkRuleset: ({ ruleset, report }) => {
    const findings = gatherByCause();
    for (const rule of censusOf(ruleset).oddNetwork) {
      for (const option of basicsOf(rule)!.options) {
        if ((option.key !== 'source' && option.key !== 'destination') || !option.spec || !mayHoldHost(option)) continue;
        const words = writtenValue(ruleset.source, option).split(',');
        const networks = option.value as readonly (Network | { readonly kind: 'host' })[];
        for (const [i, network] of networks.entries()) {
          const host = words[i]?.split('/')[0];
          if (network.kind !== 'network' || host === undefined || !/^[\d.:a-f]+$/i.test(host)) continue;
          const address = parseAddress(host, ruleset.family);
          if (address instanceof Fault || address === network.address) continue;
          findings.add(words[i]!, spanOf(rule.node), () => ({
            ...placeOfRule(rule),
            focus: [spanOf(option)],
            label: `loaded as ${printNetwork(network)}`,
            message: `${words[i]} is loaded as ${printNetwork(network)}: the bits of the host do not count`,
            help: `write ${printNetwork(network)}, or ${host} if this one host is meant`,
          }));
        }
      }
    }
    findings.tell(report);
  },
});

/** A mask shorter than an address: else there are no bits to clear. */
const mayHoldHost = ({ value }: OptionNode): boolean =>
  (value as readonly { readonly kind: string; readonly mask?: number | bigint }[]).some(
    ({ kind, mask }) => kind === 'network' && mask !== 0xffffffff && mask !== (1n << 128n) - 1n,
  );
