/** Routing by mark on a host whose reverse path filter does not know of marks. Needs `sysctl -a`. */
import { censusOf } from '../model/census.js';
import { placeOfRule } from '../model/place.js';
import { defineCheck } from './define.js';

const set = (text: string) => ({ sysctl: { name: 'sysctl.txt', text } });

export default defineCheck({
  id: 'rp-filter-drops-marked',
  category: 'platform',
  level: 'warning',
  summary: 'Marks choose routes, and strict reverse path filtering may drop the answers.',
  why: 'Marks restored from connections in mangle PREROUTING choose a routing table (ip rule fwmark), so that answers leave by the link that the connection came by. With rp_filter = 1 the kernel asks for each incoming packet whether the answer would leave by the same interface, and it asks without the mark, unless src_valid_mark is 1: packets that come by the second link are dropped before any rule counts them. Told with sysctl -a given, where all of this is so; possible, since the ip rules are not known here.',
  advice: 'Set net.ipv4.conf.all.src_valid_mark = 1, or rp_filter = 2 (loose) for the interfaces concerned.',
  examples: {
    find: [
      {
        title: 'two uplinks',
        context: set('net.ipv4.conf.all.rp_filter = 1\nnet.ipv4.conf.all.src_valid_mark = 0\n'),
        text: '*mangle\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -i eth1 -m conntrack --ctstate NEW -j CONNMARK --set-xmark 0x2/0xffffffff\n-A OUTPUT -j CONNMARK --restore-mark\nCOMMIT\n',
      },
    ],
    leave: [
      {
        title: 'marks are taken into account',
        context: set('net.ipv4.conf.all.rp_filter = 1\nnet.ipv4.conf.all.src_valid_mark = 1\n'),
        text: '*mangle\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -i eth1 -j CONNMARK --set-xmark 0x2/0xffffffff\n-A OUTPUT -j CONNMARK --restore-mark\nCOMMIT\n',
      },
      {
        title: 'loose filtering',
        context: set('net.ipv4.conf.all.rp_filter = 2\nnet.ipv4.conf.all.src_valid_mark = 0\n'),
        text: '*mangle\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -j CONNMARK --restore-mark\nCOMMIT\n',
      },
    ],
  },
  checkRuleset: ({ ruleset, sysctl, report }) => {
    if (ruleset.family !== 4 || !sysctl) return;
    // The stricter of all and the interface's own holds (ip-sysctl): all = 1 is strict unless an interface says 2.
    const filters = [...sysctl].filter(([name]) => /^net\.ipv4\.conf\.[^.]+\.rp_filter$/.test(name) && !/\.(lo|default)\./.test(name));
    if (sysctl.get('net.ipv4.conf.all.rp_filter') !== '1' || sysctl.get('net.ipv4.conf.all.src_valid_mark') !== '0') return;
    if (filters.length > 1 && filters.every(([name, value]) => name === 'net.ipv4.conf.all.rp_filter' || value === '2')) return;
    const mangle = ruleset.tables.get('mangle');
    const rule = censusOf(ruleset)
      .withTarget('CONNMARK')
      .find(({ chain, node }) => chain.table === mangle && node.target!.options.some(({ key }) => key === 'restoreMark'));
    if (!rule) return;
    report({
      ...placeOfRule(rule),
      certainty: 'possible',
      leansOn: ['ip rule, which tells whether marks choose routes'],
      message: 'marks restored here choose routes, while rp_filter = 1 asks without them: packets of the other links may be dropped',
      help: 'set net.ipv4.conf.all.src_valid_mark = 1, or rp_filter = 2',
    });
  },
});
