/** Rules that iptables-save would print otherwise. */
import { printRule } from '../../grammar/index.js';
import { placeOfRule, spanOf } from '../model/place.js';
import { defineCheck } from './define.js';

export default defineCheck({
  id: 'non-canonical',
  category: 'style',
  level: 'off',
  summary: 'Rules that iptables-save would print in other words.',
  why: 'What is loaded and saved comes back in one form: -s 10.0.0.1 as -s 10.0.0.1/32, --syn as --tcp-flags, names as numbers, -m tcp spelled out. Files in that form can be compared with the running rules line by line (diff, configuration management), others differ everywhere. iptlint fmt writes it.',
  advice: 'Run iptlint fmt --write on the file, or load it and save it.',
  examples: {
    find: [{ title: 'short forms', text: '-A INPUT -s 192.0.2.1 -p tcp --dport ssh -j ACCEPT' }],
    leave: [{ title: 'as it is saved', text: '-A INPUT -s 192.0.2.1/32 -p tcp -m tcp --dport 22 -j ACCEPT' }],
  },
  checkRuleset: ({ ruleset, backend, report }) => {
    const { source, family } = ruleset;
    const found = ruleset.rules.filter(({ node }) => {
      if (!node.whole || node.command !== 'append') return false;
      const lines = printRule(node, { family, backend: backend ?? 'nft' });
      const written = source.text.slice(node.chainSpan.end, node.end).trim();
      return lines.length !== 1 || lines[0]!.trim() !== written;
    });
    const [first, ...others] = found;
    if (!first) return;
    const [line] = printRule(first.node, { family, backend: backend ?? 'nft' });
    report({
      ...placeOfRule(first),
      message: `${others.length === 0 ? 'this rule is' : `this rule and ${others.length} more are`} not written as iptables-save prints ${others.length === 0 ? 'it' : 'them'}`,
      help: `-A ${first.chain.name} ${line ?? ''}`.trim(),
      related: others.slice(0, 20).map((rule) => ({ at: spanOf(rule.node), message: 'nor is this one' })),
    });
  },
});
