/** Targets and matches in tables where the kernel refuses them. */
import type { TableName } from '../../grammar/index.js';
import { rulesLike } from '../model/makes.js';
import { placeOfRule, spanOf } from '../model/place.js';
import { type ExtensionUse, placedUses, sharedUses, spanOfUse, tablesOf } from '../model/uses.js';
import { listed } from '../util/text.js';
import { defineCheck, gatherByCause } from './define.js';

export default defineCheck({
  id: 'wrong-table',
  category: 'load',
  level: 'error',
  summary: 'A target or match in a table where the kernel refuses it.',
  why: 'Some extensions work in one table only: address translation in nat, REJECT in filter, changes of TTL, DSCP and TOS in mangle, CT and NOTRACK in raw. The kernel refuses them elsewhere, in chains that nothing jumps to as well, and with them the whole table. iptables-restore --test lets them pass, and the error that comes with loading names the line of COMMIT.',
  advice: 'Move the rule to the table that the extension belongs to, into the chain of the same hook.',
  examples: {
    find: [
      { title: 'REJECT before routing', text: '*mangle\n-A PREROUTING -s 192.0.2.0/24 -j REJECT\nCOMMIT\n' },
      { title: 'DNAT in filter', text: '-A INPUT -p tcp -m tcp --dport 80 -j DNAT --to-destination 192.0.2.7:8080' },
      { title: 'a chain that nothing jumps to is no excuse', text: ':OUT - [0:0]\n-A OUT -j MASQUERADE' },
      { title: 'TRACE outside raw, which legacy refuses', text: '-A INPUT -s 192.0.2.7 -j TRACE', backend: 'legacy' },
    ],
    leave: [
      { title: 'TRACE outside raw, which nft takes', text: '-A INPUT -s 192.0.2.7 -j TRACE', backend: 'nft' },
      { title: 'MARK, which is not bound to mangle', text: '-A FORWARD -i eth0 -j MARK --set-mark 1' },
    ],
  },
  checkRuleset: ({ ruleset, backend, report }) => {
    const findings = gatherByCause();
    const isElsewhere = (use: ExtensionUse, table: TableName): boolean => tablesOf(use)?.includes(table) === false;
    for (const rule of rulesLike(ruleset, (make) => sharedUses(make)?.some((use) => isElsewhere(use, make.table.name)) ?? true)) {
      const table = rule.chain.table.name;
      for (const use of placedUses(rule)) {
        const allowed = tablesOf(use);
        if (!allowed || allowed.includes(table)) continue;
        if (use.kind === 'target' && use.name === 'DROP') continue; // nat-drop tells why
        const nftTakesIt = use.places.every(({ tables, backends }) => !tables || tables.includes(table) || backends?.includes('nft'));
        if (nftTakesIt && backend === 'nft') continue;
        const where = listed(allowed, 'or');
        findings.add(`${table} ${rule.chain.name} ${use.words}`, spanOf(rule.node), () => ({
          ...placeOfRule(rule),
          focus: [spanOfUse(rule, use)],
          label: 'refused here',
          message: `${use.words} works only in the ${allowed.length === 1 ? 'table' : 'tables'} ${listed(allowed)}; ${nftTakesIt ? 'the legacy back end refuses' : 'the kernel refuses'} it in ${table}`,
          help: `move the rule to ${where}${use.kind === 'target' && !nftTakesIt ? ', or use another target' : ''}`,
          level: nftTakesIt && backend === null ? 'warning' : 'error',
        }));
      }
    }
    findings.tell(report);
  },
});
