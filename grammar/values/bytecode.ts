/** Classic BPF bytecode: `count,code jt jf k,...` (libxt_bpf.c), read as sscanf reads it: numbers too large for their place are cut. */
import { defineValue, Fault } from './value.js';

/** One instruction: code, jumps, operand (uapi/linux/filter.h, struct sock_filter). */
export interface Instruction {
  readonly code: number;
  readonly jumpTrue: number;
  readonly jumpFalse: number;
  readonly operand: number;
}

/** Most instructions that fit (XT_BPF_MAX_NUM_INSTR). */
const longest = 64;

/** In quotes, as iptables-save prints it. */
export const printBytecode = (program: readonly Instruction[]): string =>
  `"${[program.length, ...program.map(({ code, jumpTrue, jumpFalse, operand }) => `${code} ${jumpTrue} ${jumpFalse} ${operand}`)].join(',')}"`;

const cut = (digits: string, bits: number): number => Number(BigInt.asUintN(bits, BigInt(digits)));

const parse = (word: string): readonly Instruction[] | Fault => {
  const [head = '', ...parts] = word.split(',');
  const count = /^\s*\+?([0-9]+)/.exec(head)?.[1];
  if (count === undefined) return new Fault('the number of instructions is missing');
  const length = cut(count, 16);
  if (length === 0) return new Fault('the program has no instruction');
  if (length > longest) return new Fault(`the program has more than ${longest} instructions`);
  if (parts.at(-1) === '') parts.pop(); // a comma may stand at the end
  if (parts.length !== length) return new Fault(`the program has ${parts.length} instructions, not ${length} as it says`);
  const program: Instruction[] = [];
  for (const [index, part] of parts.entries()) {
    const fields = /^\s*\+?([0-9]+)\s+\+?([0-9]+)\s+\+?([0-9]+)\s+(-?\+?[0-9]+)/.exec(part);
    if (!fields) return new Fault(`instruction ${index + 1} is not four numbers: "${part}"`);
    program.push({
      code: cut(fields[1]!, 16),
      jumpTrue: cut(fields[2]!, 8),
      jumpFalse: cut(fields[3]!, 8),
      operand: cut(fields[4]!.replace('+', ''), 32),
    });
  }
  return program;
};

export const bytecode = defineValue<readonly Instruction[]>({
  arity: 1,
  expects: 'a BPF program: its number of instructions, then each as four numbers',
  parse: ({ 0: word }) => parse(word!),
  print: printBytecode,
  say: printBytecode,
});
