/** `-m nfacct`: counts into an accounting object of nfacct(8), and matches unless the object has a quota that is not used up. */
import { lostBare, printBare } from '../../values/bare-name.js';
import { text } from '../../values/text.js';
import { Fault } from '../../values/value.js';
import { defineMatch, phrase } from '../define.js';
import { ask } from '../spell.js';

const anyName = text(31, 1);
const name = {
  ...anyName,
  parse: (...given: Parameters<typeof anyName.parse>) =>
    given[0][0]!.includes('\n') ? new Fault('the name holds a line end') : anyName.parse(...given),
  print: printBare,
};

export const nfacct = defineMatch({
  name: 'nfacct',
  manual: 'iptables-extensions(8) nfacct; net/netfilter/xt_nfacct.c',
  decidedBy: 'history',
  options: { name: { flag: '--nfacct-name', value: name, required: true } },
  matches: ({ name: { value } }) => ask('nfacct', 'history', `--nfacct-name ${value}`, { name: value }),
  say: ({ name: { value } }) => [phrase('condition', `counted into the accounting object ${value}`)],
  hasSideEffect: () => true,
  lostOnSave: ({ name: { value } }) => lostBare('--nfacct-name', value),
  examples: [
    { rule: '-m nfacct --nfacct-name web', says: 'counted into the accounting object web' },
    { rule: '-m nfacct ! --nfacct-name web', refused: '"!"' },
    { rule: '-m nfacct', refused: '--nfacct-name' },
  ],
});
