/** `-m bpf`: a BPF program that looks at the packet, as bytecode or pinned in the BPF file system. */
import { test } from '../../packet/predicate.js';
import { bytecode, printBytecode } from '../../values/bytecode.js';
import { quote, text } from '../../values/text.js';
import { defineMatch, phrase } from '../define.js';

export const bpf = defineMatch({
  name: 'bpf',
  manual: 'iptables-extensions(8) bpf; net/netfilter/xt_bpf.c',
  decidedBy: 'surroundings',
  options: {
    bytecode: { flag: '--bytecode', value: bytecode, excludes: ['pinned'] },
    pinned: { flag: '--object-pinned', value: text(511), excludes: ['bytecode'] },
  },
  check: ({ bytecode, pinned }) => (bytecode || pinned ? undefined : 'it wants --bytecode or --object-pinned'),
  // Instructions may read marks, interfaces and the clock beside the packet (SKF_AD_OFF), and pinned programs anything.
  matches: ({ bytecode, pinned }) =>
    test({
      extension: 'bpf',
      text: `-m bpf ${bytecode ? `--bytecode ${printBytecode(bytecode.value)}` : `--object-pinned ${quote(pinned?.value ?? '')}`}`,
      decidedBy: 'surroundings',
      reads: [
        'source',
        'destination',
        'sourcePort',
        'destinationPort',
        'ttl',
        'tos',
        'mark',
        'inInterface',
        'outInterface',
        'cpu',
        'tcpFlags',
        'length',
        'mss',
      ],
      given: { bytecode: bytecode?.value, pinned: pinned?.value },
    }),
  say: ({ bytecode, pinned }) => [
    phrase(
      'condition',
      pinned
        ? `that the BPF program ${pinned.value} accepts`
        : `that a BPF program of ${bytecode?.value.length ?? 0} instruction${bytecode?.value.length === 1 ? '' : 's'} accepts`,
    ),
  ],
  examples: [
    {
      rule: '-m bpf --bytecode "1,6 0 0 65535,"',
      saved: '-m bpf --bytecode "1,6 0 0 65535"',
      says: 'that a BPF program of 1 instruction accepts',
    },
    { rule: '-m bpf --bytecode "2,48 0 0 8,6 0 0 1"', says: 'BPF program of 2 instructions' },
    { rule: '-m bpf --bytecode "2,6 0 0 1"', refused: 'instruction' },
    { rule: '-m bpf', refused: '--bytecode or --object-pinned' },
  ],
});
