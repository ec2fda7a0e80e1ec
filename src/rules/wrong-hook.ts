/** Targets, matches and interfaces at hooks where they are refused, followed through user-defined chains. */
import { builtInChains, type Hook, hooksWithInInterface, hooksWithOutInterface } from '../../grammar/index.js';
import { basicsOf, censusOf } from '../model/census.js';
import { makesOf, rulesLike } from '../model/makes.js';
import { placeOfRule, spanOf } from '../model/place.js';
import type { Chain, Rule, Table } from '../model/ruleset.js';
import { type ExtensionUse, hooksOfUse, placedUses, sharedUses, spanOfUse, tablesOf } from '../model/uses.js';
import { sayWay, wayTo } from '../model/way.js';
import { listed } from '../util/text.js';
import { defineCheck, gatherByCause } from './define.js';

export default defineCheck({
  id: 'wrong-hook',
  category: 'load',
  level: 'error',
  summary: 'A target, match or interface in a chain whose packets it cannot work on.',
  why: 'A packet in PREROUTING has no outgoing interface yet, one in INPUT no sending process, and its destination can no longer be rewritten. The kernel checks a user-defined chain for every built-in chain from which jumps lead to it: one wrong caller is enough, and the whole table is refused. As long as nothing jumps to the chain the rule loads, and the next person who uses the chain gets an error that names only the line of COMMIT. iptables-restore --test notices none of this. (Where it is an option that narrows the place, such as --dir of policy, the nft back end looks only at rules in built-in chains: in a user-defined one such a rule loads and cannot do what it says.)',
  advice: 'Move the rule to a chain that only the right hooks reach, or take out the jump that leads there from the wrong one.',
  examples: {
    find: [
      { title: 'the sending user of a packet that arrives', text: '-A INPUT -m owner --uid-owner 0 -j ACCEPT' },
      {
        title: 'two callers, one of them wrong',
        text: '*nat\n:TO_WEB - [0:0]\n-A PREROUTING -i eth0 -j TO_WEB\n-A POSTROUTING -o eth1 -j TO_WEB\n-A TO_WEB -d 192.0.2.1 -j DNAT --to-destination 192.0.2.7\nCOMMIT\n',
      },
      { title: 'the outgoing interface of a packet for this host', text: '-A INPUT -o eth0 -j ACCEPT' },
      {
        title: 'an option that narrows the place, which nft overlooks here: a warning',
        text: ':VPN - [0:0]\n-A INPUT -j VPN\n-A VPN -m policy --dir out --pol ipsec -j ACCEPT',
        backend: 'nft',
      },
      {
        title: 'a chain that no hook can ever ask: a warning',
        text: '*nat\n:BOTH - [0:0]\n-A BOTH -d 192.0.2.1 -j DNAT --to-destination 192.0.2.7\n-A BOTH -s 192.0.2.7 -j SNAT --to-source 192.0.2.1\nCOMMIT\n',
      },
    ],
    leave: [
      {
        title: 'a user chain that only OUTPUT reaches',
        text: ':USERS - [0:0]\n-A OUTPUT -j USERS\n-A USERS -m owner --uid-owner 1000 -j ACCEPT',
      },
      {
        title: 'a chain made ahead of need',
        text: '*nat\n:TO_WEB - [0:0]\n-A TO_WEB -d 192.0.2.1 -j DNAT --to-destination 192.0.2.7\nCOMMIT\n',
      },
    ],
  },
  checkRuleset: ({ ruleset, graph, backend, report }) => {
    const findings = gatherByCause();
    const unreached = new Map<Chain, { readonly rule: Rule; readonly use: ExtensionUse; readonly allowed: readonly Hook[] }[]>();
    for (const rule of censusOf(ruleset).onInterface) if (rule.chain.hook) tellInterfaces(rule, rule.chain.hook, findings);
    const { makes, of } = makesOf(ruleset);
    // Of rules of one make in chains that the same hooks lead to one is as good as the other.
    const fine = makes.map((make) => (sharedUses(make) ? new Set<ReadonlySet<Hook>>() : null));
    for (const rule of rulesLike(ruleset, (make) => sharedUses(make)?.some((use) => allowedFor(use, make.table)) ?? true)) {
      const { chain } = rule;
      const { table } = chain;
      const reached = graph.hooksOf(chain);
      const fineFor = fine[of[rule.id]!]!;
      if (fineFor?.has(reached)) continue;
      let isFine = true;
      for (const use of placedUses(rule)) {
        const allowed = allowedFor(use, table);
        if (!allowed) continue;
        if (reached.size === 0) {
          isFine = false;
          const list = unreached.get(chain);
          if (list) list.push({ rule, use, allowed });
          else unreached.set(chain, [{ rule, use, allowed }]);
          continue;
        }
        const wrong = [...reached].filter((hook) => !allowed.includes(hook));
        if (wrong.length === 0) continue;
        isFine = false;
        const nftTakesIt = !chain.hook && wrong.every((hook) => use.declaredHooks?.includes(hook) ?? true);
        const possible = allowed.filter((hook) => builtInChains[table.name].includes(hook));
        findings.add(keyOf(rule, use.words), spanOf(rule.node), () => {
          const way = chain.hook ? [] : (wayTo(chain, wrong[0]!) ?? []);
          return {
            ...placeOfRule(rule),
            focus: [spanOfUse(rule, use)],
            label: nftTakesIt && backend === 'nft' ? 'of no use here' : 'refused here',
            level: nftTakesIt && backend !== 'legacy' ? 'warning' : 'error',
            message: chain.hook
              ? `${use.words} as used here works only in ${listed(allowed)}; the kernel refuses it in ${chain.name}`
              : `${use.words} as used here works only in ${listed(allowed)}, but jumps lead here from ${listed(wrong)} (${sayWay(way, chain)}): ${nftTakesIt ? (backend === 'nft' ? 'it loads, and cannot do what it says' : 'the legacy back end refuses the table') : 'the kernel refuses the table'}`,
            help:
              possible.length === 0
                ? `the table ${table.name} has no chain at ${listed(allowed, 'or')}: use another table`
                : chain.hook
                  ? `move the rule to ${listed(possible, 'or')}`
                  : `call this chain from ${listed(possible, 'or')} only, or give ${listed(wrong)} a chain of ${wrong.length === 1 ? 'its' : 'their'} own`,
            related: way.map((jump) => ({ at: spanOf(jump.node), message: `leads from ${jump.chain.name} to here` })),
          };
        });
      }
      if (isFine) fineFor?.add(reached);
    }
    for (const [chain, uses] of unreached) {
      const hooks = builtInChains[chain.table.name].filter((hook) => uses.every(({ allowed }) => allowed.includes(hook)));
      if (hooks.length > 0) continue;
      const [{ rule, use, allowed }, ...others] = uses as [(typeof uses)[number], ...typeof uses];
      findings.add(keyOf(rule, ''), spanOf(rule.node), () => ({
        ...placeOfRule(rule),
        focus: [spanOfUse(rule, use)],
        level: 'warning',
        message: `no built-in chain could ever call ${chain.name}: ${[...new Set(uses.map((each) => `${each.use.words} works only in ${listed(each.allowed)}`))].join(', ')}`,
        label: `only in ${listed(allowed)}`,
        effect: 'The table loads as long as nothing jumps to this chain, and is refused from then on',
        help: 'split the chain by hook',
        related: others.map((each) => ({
          at: spanOf(each.rule.node),
          focus: [spanOfUse(each.rule, each.use)],
          message: `only in ${listed(each.allowed)}`,
        })),
      }));
    }
    findings.tell(report);
  },
});

/** The hooks to which a use binds its rule; null: to none, or wrong-table tells of it. */
const allowedFor = (use: ExtensionUse, { name }: Table): readonly Hook[] | null =>
  tablesOf(use)?.includes(name) === false ? null : hooksOfUse(use);

const keyOf = ({ chain }: Rule, what: string): string => `${chain.table.name} ${chain.name} ${what}`;

/** `-i` and `-o` are refused by iptables itself in built-in chains that do not know the interface. */
const tellInterfaces = (rule: Rule, hook: Hook, findings: ReturnType<typeof gatherByCause>): void => {
  for (const option of basicsOf(rule)!.options) {
    const flag = option.key === 'inInterface' ? '-i' : option.key === 'outInterface' ? '-o' : null;
    if (!flag) continue;
    const known = flag === '-i' ? hooksWithInInterface : hooksWithOutInterface;
    if (known.includes(hook)) continue;
    findings.add(keyOf(rule, flag), spanOf(rule.node), () => ({
      ...placeOfRule(rule),
      focus: [spanOf(option)],
      label: 'not known here',
      message:
        flag === '-i'
          ? `-i cannot stand in ${hook}: ${hook === 'OUTPUT' ? 'the packets there are of this host' : 'the incoming interface is no longer known there'}`
          : `-o cannot stand in ${hook}: ${hook === 'INPUT' ? 'the packets there are for this host' : 'where the packet will leave is not known there yet'}`,
      help: `use ${flag === '-i' ? '-o' : '-i'} for the other direction, or move the rule to ${listed(known, 'or')}`,
    }));
  }
};
