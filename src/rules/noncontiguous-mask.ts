/** Masks with holes in them. */
import { type Network, prefixLength, printNetwork } from '../../grammar/index.js';
import { basicsOf, censusOf } from '../model/census.js';
import { placeOfRule, spanOf } from '../model/place.js';
import { defineCheck, gatherByCause } from './define.js';

export default defineCheck({
  id: 'noncontiguous-mask',
  category: 'load',
  level: 'warning',
  summary: 'A mask whose ones do not stand together.',
  why: 'A mask such as 255.0.255.0 is legal: the bits that are one are compared, the others are not. It describes no network but a pattern of addresses spread over the whole space, and nearly always comes from a slip of the pen in a mask with dots.',
  advice: 'Write the network with a prefix length (/24). If the pattern is meant, silence this with a reason.',
  examples: {
    find: [{ title: 'a slip in the second number', text: '-A INPUT -s 10.0.2.0/255.0.255.0 -j ACCEPT' }],
    leave: [{ title: 'a plain mask with dots', text: '-A INPUT -s 10.0.2.0/255.255.254.0 -j ACCEPT' }],
  },
  checkRuleset: ({ ruleset, report }) => {
    const findings = gatherByCause();
    for (const rule of censusOf(ruleset).oddNetwork) {
      for (const option of basicsOf(rule)!.options) {
        if ((option.key !== 'source' && option.key !== 'destination') || !option.spec) continue;
        for (const network of option.value as readonly (Network | { readonly kind: 'host' })[]) {
          if (network.kind !== 'network' || prefixLength(network.mask) !== undefined) continue;
          findings.add(printNetwork(network), spanOf(rule.node), () => ({
            ...placeOfRule(rule),
            focus: [spanOf(option)],
            label: 'a mask with holes',
            message: `${printNetwork(network)} is not a network: the ones of its mask do not stand together`,
            help: 'write a prefix length, such as /24',
          }));
        }
      }
    }
    findings.tell(report);
  },
});
