/** Marks of kube-proxy or Calico that another rule wipes out on the way. */
import { optionOf, targetOption } from '../explain/parts.js';
import { censusOf } from '../model/census.js';
import { ownerOfRule } from '../model/owners.js';
import { placeOfRule, spanOf } from '../model/place.js';
import type { Rule, Ruleset } from '../model/ruleset.js';
import { defineCheck } from './define.js';

interface Mark {
  readonly value: number;
  readonly mask: number;
}

/** The bits that a MARK rule changes without regard to what was there. */
const overwritten = (rule: Rule): number => {
  for (const key of ['setXmark', 'setMark']) {
    const mark = targetOption(rule.node, key)?.value as Mark | undefined;
    if (mark) return Number(mark.mask) >>> 0;
  }
  return 0;
};

/** Bits that the rules of a program set in passing, with the rule that does. */
const bitsInUse = (ruleset: Ruleset): { readonly bits: number; readonly rule: Rule; readonly name: string } | null => {
  for (const rule of censusOf(ruleset).withTarget('MARK')) {
    const owner = ownerOfRule(rule);
    if (owner?.id === 'kube-proxy' || owner?.id === 'kubelet') return { bits: 0xc000, rule, name: 'kube-proxy' };
  }
  return null;
};

export default defineCheck({
  id: 'mark-overwritten',
  category: 'platform',
  level: 'warning',
  summary: 'A MARK rule wipes out the mark of kube-proxy before it is read.',
  why: 'kube-proxy marks connections in nat PREROUTING and OUTPUT that must leave with the address of the node (bit 0x4000), and reads the mark in nat POSTROUTING. A packet has one mark for all: --set-mark without a mask, in FORWARD, or in mangle POSTROUTING, sets all 32 bits and wipes the bit out; the connection leaves with its own address and no answer finds back. Told for MARK rules of others on that way whose mask covers the bit. Before nat PREROUTING nothing is lost, so rules in mangle PREROUTING and OUTPUT are left alone.',
  advice: 'Give the mark a mask that holds your bits alone: --set-xmark 0x1/0xff.',
  examples: {
    find: [
      {
        title: 'a mark for traffic shaping',
        text: '*nat\n:POSTROUTING ACCEPT [0:0]\n:KUBE-MARK-MASQ - [0:0]\n:KUBE-POSTROUTING - [0:0]\n-A POSTROUTING -j KUBE-POSTROUTING\n-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000\n-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN\n-A KUBE-POSTROUTING -j MASQUERADE\nCOMMIT\n*mangle\n:FORWARD ACCEPT [0:0]\n-A FORWARD -p udp -j MARK --set-mark 1\nCOMMIT\n',
      },
    ],
    leave: [
      {
        title: 'with a mask of its own',
        text: '*nat\n:POSTROUTING ACCEPT [0:0]\n:KUBE-MARK-MASQ - [0:0]\n:KUBE-POSTROUTING - [0:0]\n-A POSTROUTING -j KUBE-POSTROUTING\n-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000\n-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN\n-A KUBE-POSTROUTING -j MASQUERADE\nCOMMIT\n*mangle\n:FORWARD ACCEPT [0:0]\n-A FORWARD -p udp -j MARK --set-xmark 0x1/0xff\nCOMMIT\n',
      },
      {
        title: 'before kube-proxy marks',
        text: '*nat\n:POSTROUTING ACCEPT [0:0]\n:KUBE-MARK-MASQ - [0:0]\n:KUBE-POSTROUTING - [0:0]\n-A POSTROUTING -j KUBE-POSTROUTING\n-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000\n-A KUBE-POSTROUTING -j MASQUERADE\nCOMMIT\n*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i eth1 -j MARK --set-mark 1\nCOMMIT\n',
      },
    ],
  },
  checkRuleset: ({ ruleset, graph, report }) => {
    const used = bitsInUse(ruleset);
    if (!used) return;
    const found = censusOf(ruleset)
      .withTarget('MARK')
      .filter((rule) => {
        if (ownerOfRule(rule) || (overwritten(rule) & used.bits) === 0) return false;
        // It asks for a mark itself: what it overwrites is its own.
        if (optionOf(rule.node, 'mark', 'mark')) return false;
        const reached = graph.hooksOf(rule.chain);
        const { name } = rule.chain.table;
        return (
          (name === 'mangle' && (reached.has('FORWARD') || reached.has('POSTROUTING'))) ||
          (name === 'filter' && (reached.has('FORWARD') || reached.has('OUTPUT')))
        );
      });
    const [first, ...others] = found;
    if (!first) return;
    report({
      ...placeOfRule(first),
      focus: [spanOf(first.node.target!)],
      label: 'sets all bits',
      message: `this mark wipes out the bit 0x4000 that ${used.name} has set and reads later, in nat POSTROUTING`,
      effect: 'connections to services that need the address of the node leave with another one, and no answer finds back',
      help: 'give the mark a mask: --set-xmark VALUE/MASK without 0x4000 and 0x8000',
      related: [
        { at: spanOf(used.rule.node), message: `${used.name} sets its bit here` },
        ...others.slice(0, 20).map((rule) => ({ at: spanOf(rule.node), message: 'wipes it out too' })),
      ],
    });
  },
});
