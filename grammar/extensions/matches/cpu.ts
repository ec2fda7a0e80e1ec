/** `-m cpu`: the processor that handles the packet. */
import { is, none, notIf } from '../../packet/predicate.js';
import { integer } from '../../values/integer.js';
import { defineMatch, phrase } from '../define.js';

export const cpu = defineMatch({
  name: 'cpu',
  manual: 'iptables-extensions(8) cpu; net/netfilter/xt_cpu.c',
  decidedBy: 'packet',
  options: { cpu: { flag: '--cpu', value: integer(0, 0xffffffff), negatable: true, required: true } },
  // No machine has processors beyond the field's width.
  matches: ({ cpu }) => notIf(cpu.negated, cpu.value <= 0xffff ? is('cpu', cpu.value) : none),
  say: ({ cpu }) => [phrase('condition', `handled by ${cpu.negated ? 'any CPU but ' : 'CPU '}${cpu.value}`)],
  examples: [
    { rule: '-m cpu --cpu 0', says: 'handled by CPU 0' },
    { rule: '-m cpu ! --cpu 0x3', saved: '-m cpu ! --cpu 3', says: 'any CPU but 3' },
    { rule: '-m cpu', refused: '--cpu' },
  ],
});
