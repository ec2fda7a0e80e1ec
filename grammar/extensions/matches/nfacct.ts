/** `-m nfacct`: counts into an accounting object of nfacct(8), and matches unless the object has a quota that is not used up. */
import { text } from '../../values/text.js';
import { defineMatch, phrase } from '../define.js';
import { ask } from '../spell.js';

/** Printed without quotes. */
const name = { ...text(31, 1), print: (value: string) => value };

export const nfacct = defineMatch({
  name: 'nfacct',
  manual: 'iptables-extensions(8) nfacct; net/netfilter/xt_nfacct.c',
  decidedBy: 'history',
  options: { name: { flag: '--nfacct-name', value: name, required: true } },
  matches: ({ name: { value } }) => ask('nfacct', 'history', `--nfacct-name ${value}`, { name: value }),
  say: ({ name: { value } }) => [phrase('condition', `counted into the accounting object ${value}`)],
  hasSideEffect: () => true,
  examples: [
    { rule: '-m nfacct --nfacct-name web', says: 'counted into the accounting object web' },
    { rule: '-m nfacct ! --nfacct-name web', refused: '"!"' },
    { rule: '-m nfacct', refused: '--nfacct-name' },
  ],
});
