/** Matches and targets that the catalogue does not know: told once a name. */
import { couldBeExtension, isFromOutside, meantTarget, outlined, targetOf } from '../../grammar/index.js';
import { censusOf } from '../model/census.js';
import { spanOf } from '../model/place.js';
import type { Rule } from '../model/ruleset.js';
import { defineCheck } from './define.js';

/** A target that is neither a chain nor known, and by its name or by its options no slip for a chain or a target. */
export const isUnknownTarget = ({ node, chain }: Rule): boolean => {
  const { target } = outlined(node).outline;
  const name = targetOf(node);
  if (target === null || name === null || target.spec !== null || target.goto || chain.table.chains.has(name)) return false;
  return isFromOutside(name) || (target.options.length > 0 && couldBeExtension(name) && meantTarget(node.target!) === undefined);
};

export default defineCheck({
  id: 'unknown-extension',
  category: 'meta',
  level: 'info',
  summary: 'A match or target that iptables 1.8.9 does not have.',
  why: 'Modules from outside (xtables-addons, geoip, ndpi, TARPIT ...) bring matches and targets of their own. What they do is not known here: a rule with such a match may or may not match, and findings that lean on it are told as possible. Without the module on the host, iptables-restore refuses the file.',
  advice: 'See that the host has the module. If the name is a slip, correct it.',
  examples: {
    find: [
      { title: 'a match of xtables-addons', text: '-A INPUT -m geoip --src-cc DE -j ACCEPT' },
      { title: 'a target of xtables-addons', text: '-A INPUT -p tcp -m tcp --dport 23 -j TARPIT --tarpit' },
    ],
    leave: [{ title: 'a match that is seldom seen', text: '-A INPUT -m cpu --cpu 0 -j ACCEPT' }],
  },
  checkDocument: ({ problems, report }) => {
    const byName = new Map<string, (typeof problems)[number][]>();
    for (const problem of problems) {
      if (problem.code !== 'unknown-extension') continue;
      const list = byName.get(problem.message);
      if (list) list.push(problem);
      else byName.set(problem.message, [problem]);
    }
    for (const [first, ...others] of byName.values())
      report({
        at: spanOf(first!),
        message: first!.message,
        ...(first!.help === undefined ? {} : { help: first!.help }),
        related: others.map((other) => ({ at: spanOf(other), message: 'here too' })),
      });
  },
  checkRuleset: ({ ruleset, report }) => {
    const byName = new Map<string, Rule[]>();
    for (const rule of censusOf(ruleset).oddJumps) {
      const name = targetOf(rule.node);
      if (name === null || outlined(rule.node).outline.target?.spec !== null || !isUnknownTarget(rule)) continue;
      const list = byName.get(name);
      if (list) list.push(rule);
      else byName.set(name, [rule]);
    }
    for (const [name, [first, ...others]] of byName)
      report({
        at: spanOf(first!.node.target!),
        message: `the target "${name}" is not one that iptables 1.8.9 has: what it does is taken as unknown`,
        related: others.map((rule) => ({ at: spanOf(rule.node.target!), message: 'here too' })),
      });
  },
});
