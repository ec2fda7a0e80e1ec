/** `-m cgroup`: the control group of the local process that the packet belongs to. */
import { all, notIf, type Predicate } from '../../packet/predicate.js';
import { integer } from '../../values/integer.js';
import { quote, text } from '../../values/text.js';
import { defineMatch, phrase } from '../define.js';
import { ask } from '../spell.js';

const question = (words: string, given: Readonly<Record<string, unknown>> = {}): Predicate => ask('cgroup', 'surroundings', words, given);

/** Without a local socket the match is false, negated or not. */
const hasSocket = question('');

export const cgroup = defineMatch({
  name: 'cgroup',
  manual: 'iptables-extensions(8) cgroup; net/netfilter/xt_cgroup.c',
  decidedBy: 'surroundings',
  options: {
    path: { flag: '--path', value: text(4095), negatable: true },
    classId: { flag: '--cgroup', value: integer(0, 0xffffffff), negatable: true },
  },
  // Measured: both and neither are refused by the kernel, not by iptables itself.
  check: ({ path, classId }) => {
    if (path && classId) return '--path and --cgroup cannot stand together';
    return path || classId ? undefined : 'it wants --path or --cgroup';
  },
  matches: ({ path, classId }) =>
    all(
      hasSocket,
      path && notIf(path.negated, question(`--path ${quote(path.value)}`, { path: path.value })),
      classId && notIf(classId.negated, question(`--cgroup ${classId.value}`, { classId: classId.value })),
    ),
  say: ({ path, classId }) => [
    ...(path ? [phrase('condition', `of local processes ${path.negated ? 'outside' : 'in'} the cgroup ${path.value}`)] : []),
    ...(classId
      ? [phrase('condition', `of local processes with ${classId.negated ? 'any cgroup class but ' : 'cgroup class '}${classId.value}`)]
      : []),
  ],
  examples: [
    { rule: '-m cgroup --path web/front', saved: '-m cgroup --path "web/front"', chain: 'OUTPUT', says: 'in the cgroup web/front' },
    { rule: '-m cgroup ! --cgroup 0x10', saved: '-m cgroup ! --cgroup 16', chain: 'OUTPUT', says: 'any cgroup class but 16' },
    { rule: '-m cgroup', refused: '--path or --cgroup' },
    { rule: '-m cgroup --path web --cgroup 1', refused: 'together' },
  ],
});
