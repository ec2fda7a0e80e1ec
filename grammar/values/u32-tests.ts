/**
 * `--u32 "0>>22&0x3C@12>>26&0x3C@0=1,3:5 && ..."` (libxt_u32.c, uapi/linux/netfilter/xt_u32.h): tests joined by `&&`; each is an offset, steps
 * that work on the 32 bits found there, and the ranges that the outcome may lie in.
 */
import { readInteger } from './integer.js';
import type { IntegerRange } from './integer-range.js';
import { defineValue, Fault } from './value.js';

export interface U32Step {
  readonly operator: '&' | '<<' | '>>' | '@';
  readonly number: number;
}

export interface U32Test {
  readonly offset: number;
  readonly steps: readonly U32Step[];
  readonly ranges: readonly IntegerRange[];
}

/** Places in the kernel's structure: ten tests at most (XT_U32_MAXSIZE), ten ranges, ten numbers in a location. */
const most = 10;

/** Reads off words of the expression, blanks passed over. */
class Reader {
  private at = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  private blanks(): void {
    while (this.at < this.text.length && /\s/.test(this.text[this.at]!)) this.at++;
  }

  get atEnd(): boolean {
    this.blanks();
    return this.at >= this.text.length;
  }

  /** Takes the first of the words that stands here. */
  take<W extends string>(...words: readonly W[]): W | undefined {
    this.blanks();
    const found = words.find((word) => this.text.startsWith(word, this.at));
    if (found) this.at += found.length;
    return found;
  }

  number(): number | Fault {
    this.blanks();
    const word = /^\w+/.exec(this.text.slice(this.at, this.at + 40))?.[0] ?? '';
    const value = readInteger(word);
    if (value === undefined || value > 0xffffffff) return this.fault('a number of 32 bits is expected');
    this.at += word.length;
    return value;
  }

  fault(expected: string): Fault {
    return new Fault(`at character ${this.at + 1}: ${expected}`);
  }
}

const parseTest = (reader: Reader): U32Test | Fault => {
  const offset = reader.number();
  if (offset instanceof Fault) return offset;
  const steps: U32Step[] = [];
  for (;;) {
    if (reader.take('=')) break;
    const operator = reader.take('&', '<<', '>>', '@');
    if (!operator) return reader.fault(reader.atEnd ? 'the test ends before its "="' : '"&", "<<", ">>", "@" or "=" is expected');
    if (steps.length + 1 >= most) return reader.fault(`more than ${most - 1} operators`);
    const number = reader.number();
    if (number instanceof Fault) return number;
    steps.push({ operator, number });
  }
  const ranges: IntegerRange[] = [];
  do {
    if (ranges.length >= most) return reader.fault(`more than ${most} ranges`);
    const first = reader.number();
    if (first instanceof Fault) return first;
    const last = reader.take(':') ? reader.number() : first;
    if (last instanceof Fault) return last;
    ranges.push({ first, last });
  } while (reader.take(','));
  return { offset, steps, ranges };
};

const hex = (value: number): string => `0x${value.toString(16)}`;

/** `0x0>>0x16&0x3c@0x0=0x1,0x3:0x5`. */
const printTest = ({ offset, steps, ranges }: U32Test): string =>
  `${hex(offset)}${steps.map(({ operator, number }) => operator + hex(number)).join('')}=${ranges
    .map(({ first, last }) => (first === last ? hex(first) : `${hex(first)}:${hex(last)}`))
    .join(',')}`;

/** Without blanks, in hexadecimal, in double quotes always. */
const print = (tests: readonly U32Test[]): string => `"${tests.map(printTest).join('&&')}"`;

export const u32Tests = defineValue<readonly U32Test[]>({
  arity: 1,
  expects: 'tests such as "6&0xFF=1", joined by &&',
  parse: ({ 0: word }) => {
    const reader = new Reader(word!);
    const tests: U32Test[] = [];
    do {
      if (reader.atEnd) return reader.fault('a test is expected');
      const test = parseTest(reader);
      if (test instanceof Fault) return test;
      if (tests.length >= most) return new Fault(`more than ${most} tests`);
      tests.push(test);
    } while (reader.take('&&'));
    return reader.atEnd ? tests : reader.fault('"," or "&&" is expected');
  },
  print,
  say: print,
});
