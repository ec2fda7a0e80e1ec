/** Log prefixes that iptables cuts. */
import { bytesOf } from '../../grammar/index.js';
import { targetOption } from '../explain/parts.js';
import { censusOf } from '../model/census.js';
import { placeOfRule, spanOf } from '../model/place.js';
import { writtenValue } from '../model/written.js';
import { defineCheck } from './define.js';

/** Bytes that are kept, measured with 1.8.9; of NFLOG each back end keeps another number. */
const kept = { LOG: { legacy: 29, nft: 29 }, ULOG: { legacy: 31, nft: 31 }, NFLOG: { legacy: 63, nft: 127 } } as const;

export default defineCheck({
  id: 'log-prefix-truncated',
  category: 'load',
  level: 'warning',
  summary: 'A log prefix that iptables cuts without a word.',
  why: 'LOG keeps 29 bytes of --log-prefix, NFLOG 63 with the legacy and 127 with the nft back end. What is beyond is dropped silently, the blank at the end first: prefix and log text then stick together, and filters that look for the whole prefix find nothing.',
  advice: 'Shorten the prefix. Letters beyond ASCII count for two bytes or more.',
  examples: {
    find: [{ title: 'a telling prefix, too long', text: '-A INPUT -j LOG --log-prefix "firewall: dropped from outside: "' }],
    leave: [{ title: 'just short enough', text: '-A INPUT -j LOG --log-prefix "firewall: from outside drop: "' }],
  },
  checkRuleset: ({ ruleset, backend, report }) => {
    const census = censusOf(ruleset);
    for (const rule of Object.keys(kept).flatMap((name) => census.withTarget(name))) {
      const prefix = targetOption(rule.node, 'prefix');
      // What is surely short enough needs no look at how it is written.
      if (!prefix || (prefix.value as string).length * 3 < 29) continue;
      const { target } = rule.node;
      const limits = target?.spec && Object.hasOwn(kept, target.name) ? kept[target.name as keyof typeof kept] : undefined;
      const option = limits && target?.options.find(({ key, spec }) => key === 'prefix' && spec);
      if (!option) continue;
      const written = bytesOf(writtenValue(ruleset.source, option));
      const most = backend ? limits[backend] : Math.min(limits.legacy, limits.nft);
      if (written.length <= most) continue;
      const only = !backend && written.length <= Math.max(limits.legacy, limits.nft);
      report({
        ...placeOfRule(rule),
        focus: [spanOf(option)],
        label: `${written.length} bytes`,
        message: `${only ? 'the legacy back end' : 'iptables'} cuts this prefix to ${most} bytes: "${new TextDecoder().decode(written.slice(0, most))}"`,
        help: `shorten the prefix to ${most} bytes, a blank at its end included`,
      });
    }
  },
});
