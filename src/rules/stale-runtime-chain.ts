/** Chains that a program filled and that nothing leads to any more. */
import { ownerOf } from '../model/owners.js';
import { placeOfChain, spanOf } from '../model/place.js';
import type { Chain } from '../model/ruleset.js';
import { defineCheck } from './define.js';

/** Chains that are made for one thing, with a jump to them: one without a jump is left over. Those that things share are made ahead. */
const forOne = /^(f2b-|fail2ban-|CNI-[0-9a-f]{24}$|CNI-(DN|SN)-|NETAVARK-DN-|NETAVARK-[0-9A-F]{8,})/;

export default defineCheck({
  id: 'stale-runtime-chain',
  category: 'platform',
  level: 'info',
  summary: 'A chain that a program filled, and that no rule jumps to any more.',
  why: 'fail2ban, the CNI plugins, Podman and Docker make a chain for each jail, container or network and jump to it from a built-in chain. Where the chain is there with rules but the jump is gone, somebody has flushed the built-in chain behind the program: bans of that jail, or ports of that container, have no effect until it writes them again. Or the thing is gone and its chain was left behind.',
  advice: 'Restart the program, so that it writes its rules again; if the thing is gone, remove the chain (-F, then -X).',
  examples: {
    find: [
      {
        title: 'bans without effect',
        text: ':f2b-sshd - [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A f2b-sshd -s 198.51.100.7/32 -j REJECT\n-A f2b-sshd -j RETURN',
      },
    ],
    leave: [
      {
        title: 'the jump is there',
        text: ':f2b-sshd - [0:0]\n-A INPUT -p tcp -m multiport --dports 22 -j f2b-sshd\n-A f2b-sshd -s 198.51.100.7/32 -j REJECT\n-A f2b-sshd -j RETURN',
      },
      { title: 'made ahead, empty', text: ':DOCKER-INGRESS - [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT' },
    ],
  },
  checkRuleset: ({ ruleset, report }) => {
    const stale = new Map<string, Chain[]>();
    for (const table of ruleset.tables.values())
      for (const chain of table.chains.values()) {
        if (chain.hook || chain.callers.length > 0 || chain.rules.length === 0) continue;
        const owner = ownerOf(chain);
        if (!owner || owner.isForUser || !forOne.test(chain.name)) continue;
        const list = stale.get(owner.name);
        if (list) list.push(chain);
        else stale.set(owner.name, [chain]);
      }
    for (const [name, [first, ...others]] of stale)
      if (first)
        report({
          ...placeOfChain(first),
          message: `no rule jumps to ${first.name}${others.length > 0 ? ` and ${others.length} more chains` : ''} of ${name}: the rules there have no effect`,
          help: `restart ${name}, or remove what it left behind`,
          related: others.slice(0, 20).map((chain) => ({ at: spanOf(chain.node ?? chain.rules[0]!.node), message: 'left over too' })),
        });
  },
});
