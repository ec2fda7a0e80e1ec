/** `-m policy`: which IPsec transformations a packet came through, or is about to go through. */
import { all, not } from '../../packet/predicate.js';
import { hostMask } from '../../values/host-mask.js';
import { integer, readInteger } from '../../values/integer.js';
import { hex, markNumber } from '../../values/mark.js';
import { oneName } from '../../values/names.js';
import { defineValue, Fault, none } from '../../values/value.js';
import { defineMatch, type MeaningContext, type OrderedUse, phrase } from '../define.js';
import { ask, join, spell } from '../spell.js';

const protocolNumbers = { esp: 50, ah: 51, ipcomp: 108 } as const;
type IpsecProtocol = keyof typeof protocolNumbers;

const ipsecProtocol = defineValue<IpsecProtocol>({
  arity: 1,
  expects: 'esp, ah or ipcomp',
  parse: ({ 0: word }) => {
    const number = readInteger(word!);
    const found = (Object.keys(protocolNumbers) as IpsecProtocol[]).find((name) => name === word || protocolNumbers[name] === number);
    return found ?? new Fault(`"${word}" is none of esp, ah and ipcomp`);
  },
  print: (name) => name,
  say: (name) => name.toUpperCase(),
});

/** Options that tell of one transformation, in the order that iptables-save prints, with their flags. */
const elementFlags: Readonly<Record<string, string>> = {
  reqid: '--reqid',
  spi: '--spi',
  protocol: '--proto',
  mode: '--mode',
  tunnelDestination: '--tunnel-dst',
  tunnelSource: '--tunnel-src',
};

/** XT_POLICY_MAX_ELEM. */
const mostElements = 4;

/** What the options say of each transformation: `--next` stands between them. */
const elementsOf = (order: readonly OrderedUse[]): readonly (readonly OrderedUse[])[] => {
  const elements: OrderedUse[][] = [[]];
  for (const use of order) {
    if (use.key === 'next') elements.push([]);
    else if (use.key in elementFlags) elements.at(-1)!.push(use);
  }
  return elements;
};

const printValue = ({ key, value, negated }: OrderedUse, { family }: MeaningContext): string => {
  if (key === 'spi') return hex(value as number);
  return key.startsWith('tunnel') ? hostMask.print(value as Parameters<typeof hostMask.print>[0], { family, negated }) : String(value);
};

const printElement = (element: readonly OrderedUse[], context: MeaningContext): string =>
  Object.entries(elementFlags)
    .flatMap(([key, flag]) => element.filter((use) => use.key === key).map((use) => spell(flag, use.negated, printValue(use, context))))
    .join(' ');

const faultOf = (element: readonly OrderedUse[], position: number, isStrict: boolean): string | undefined => {
  const twice = element.find((use) => element.some((other) => other !== use && other.key === use.key));
  if (twice) return `${elementFlags[twice.key]} is given twice`;
  if (isStrict && element.length === 0) return `--strict wants something to be said of element ${position + 1}`;
  const mode = element.find(({ key }) => key === 'mode');
  const tunnel = element.find(({ key }) => key.startsWith('tunnel'));
  // The program compares the mode with the "!" before it: all but "transport" are "tunnel".
  return tunnel && (mode === undefined || (mode.value === 'tunnel') === mode.negated)
    ? `${elementFlags[tunnel.key]} wants --mode tunnel`
    : undefined;
};

const words: Readonly<Record<string, string>> = {
  reqid: 'reqid',
  spi: 'SPI',
  protocol: 'protocol',
  mode: 'mode',
  tunnelDestination: 'tunnel destination',
  tunnelSource: 'tunnel source',
};

export const policy = defineMatch({
  name: 'policy',
  manual: 'iptables-extensions(8) policy; net/netfilter/xt_policy.c',
  decidedBy: 'surroundings',
  options: {
    direction: { flag: '--dir', value: oneName({ names: ['in', 'out'], what: 'direction' }), required: true },
    policy: { flag: '--pol', value: oneName({ names: ['ipsec', 'none'], what: 'policy' }) },
    strict: { flag: '--strict', value: none },
    reqid: { flag: '--reqid', value: integer(0, 0xffffffff), negatable: true, repeatable: true },
    spi: { flag: '--spi', value: markNumber, negatable: true, repeatable: true },
    protocol: { flag: '--proto', value: ipsecProtocol, negatable: true, repeatable: true },
    mode: { flag: '--mode', value: oneName({ names: ['transport', 'tunnel'], what: 'mode' }), negatable: true, repeatable: true },
    tunnelSource: { flag: '--tunnel-src', value: hostMask, negatable: true, repeatable: true },
    tunnelDestination: { flag: '--tunnel-dst', value: hostMask, negatable: true, repeatable: true },
    next: { flag: '--next', value: none, repeatable: true, needs: ['strict'] },
  },
  placeFor: ({ direction }) =>
    direction.value === 'in' ? { hooks: ['PREROUTING', 'INPUT', 'FORWARD'] } : { hooks: ['FORWARD', 'OUTPUT', 'POSTROUTING'] },
  check: ({ policy: wanted, strict }, { order }) => {
    const elements = elementsOf(order);
    if (wanted?.value === 'none') {
      if (strict) return '--strict makes no sense with --pol none';
      return elements.length > 1 ? '--next makes no sense with --pol none' : undefined;
    }
    if (elements.length > mostElements) return `more than ${mostElements} elements`;
    return elements.map((element, position) => faultOf(element, position, strict !== undefined)).find((fault) => fault !== undefined);
  },
  // That some transformation is there is one question, of what kind it is another: "none" is the negation of the first.
  matches: ({ direction, policy: wanted, strict }, context) => {
    const reads = direction.value === 'in' ? [] : (['source', 'destination', 'protocol', 'sourcePort', 'destinationPort', 'mark'] as const);
    const isTransformed = ask('policy', 'surroundings', `--dir ${direction.value} --pol ipsec`, { direction: direction.value }, reads);
    if (wanted?.value === 'none') return not(isTransformed);
    const elements = elementsOf(context.order).map((element) => printElement(element, context));
    if (elements.every((element) => element === '')) return isTransformed;
    const text = join(`--dir ${direction.value} --pol ipsec`, strict && '--strict', elements.join(' --next '));
    return all(
      isTransformed,
      ask('policy', 'surroundings', text, { direction: direction.value, strict: strict !== undefined, elements }, reads),
    );
  },
  save: ({ direction, policy: wanted, strict }, context) =>
    wanted?.value === 'none'
      ? `--dir ${direction.value} --pol none`
      : join(
          `--dir ${direction.value} --pol ipsec`,
          strict && '--strict',
          elementsOf(context.order)
            .map((element) => printElement(element, context))
            .join(' --next '),
        ),
  say: ({ direction, policy: wanted, strict }, context) => {
    const isIn = direction.value === 'in';
    if (wanted?.value === 'none') return [phrase('condition', isIn ? 'that came without IPsec' : 'that leave without IPsec')];
    const elements = elementsOf(context.order)
      .filter((element) => element.length > 0)
      .map((element) =>
        element
          .map(
            (use) =>
              `${words[use.key]}${use.negated ? ' not' : ''} ${use.key === 'protocol' ? printValue(use, context).toUpperCase() : printValue(use, context)}`,
          )
          .join(', '),
      );
    const how = elements.length > 0 ? ` (${strict ? 'just ' : ''}${elements.join(', then ')})` : '';
    return [phrase('condition', `${isIn ? 'that came' : 'that leave'} through IPsec${how}`)];
  },
  examples: [
    { rule: '-m policy --dir in', saved: '-m policy --dir in --pol ipsec', says: 'that came through IPsec' },
    { rule: '-m policy --dir out --pol none', chain: 'OUTPUT', says: 'that leave without IPsec' },
    {
      rule: '-m policy --dir in --pol ipsec --mode tunnel --tunnel-src 192.0.2.1 --tunnel-dst 192.0.2.2 --spi 5',
      saved: '-m policy --dir in --pol ipsec --spi 0x5 --mode tunnel --tunnel-dst 192.0.2.2 --tunnel-src 192.0.2.1',
    },
    {
      rule: '-m policy --dir in --pol ipsec --strict --proto esp --next --proto ah',
      says: 'that came through IPsec (just protocol ESP, then protocol AH)',
    },
    { rule: '-m policy --dir in --pol ipsec --strict', refused: '--strict' },
    { rule: '-m policy --dir in --pol ipsec --proto esp --next --proto ah', refused: '--strict' },
    { rule: '-m policy --dir in --pol ipsec --tunnel-src 192.0.2.1', refused: '--mode tunnel' },
    { rule: '-m policy --pol ipsec', refused: '--dir' },
  ],
});
