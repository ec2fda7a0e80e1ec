/** `-m dccp`: ports, packet types and options of DCCP. */
import { all, inRange, inRanges, none, notIf, type Predicate, test } from '../../packet/predicate.js';
import { dccpTypeNames, dccpTypes } from '../../values/dccp-types.js';
import { integer } from '../../values/integer.js';
import { type PortRange, portRange } from '../../values/port.js';
import { resolvedPortRange } from '../../values/resolved-port.js';
import { defineMatch, phrase, type Use } from '../define.js';
import { headerOf, sayPorts } from '../transport.js';

const port = (field: 'sourcePort' | 'destinationPort', use: Use<PortRange> | undefined): Predicate | undefined =>
  use && notIf(use.negated, inRange(field, use.value.first, use.value.last));

export const dccp = defineMatch({
  name: 'dccp',
  manual: 'iptables-extensions(8) dccp; net/netfilter/xt_dccp.c',
  decidedBy: 'packet',
  protocols: ['dccp'],
  options: {
    sourcePort: { flag: '--sport', aliases: ['--source-port'], value: resolvedPortRange, negatable: true },
    destinationPort: { flag: '--dport', aliases: ['--destination-port'], value: resolvedPortRange, negatable: true },
    types: { flag: '--dccp-types', value: dccpTypes, negatable: true },
    option: { flag: '--dccp-option', value: integer(1, 255), negatable: true },
  },
  matches: ({ sourcePort, destinationPort, types, option }) => {
    const numbers = types?.value.map((type) => dccpTypeNames.indexOf(type)) ?? [];
    return all(
      headerOf(33),
      port('sourcePort', sourcePort),
      port('destinationPort', destinationPort),
      types &&
        notIf(
          types.negated,
          numbers.length === 0
            ? none
            : inRanges(
                'dccpType',
                numbers.map((type) => [type, type] as const),
              ),
        ),
      option &&
        notIf(
          option.negated,
          test({
            extension: 'dccp',
            text: `-m dccp --dccp-option ${option.value}`,
            decidedBy: 'packet',
            reads: [],
            given: { option: option.value },
          }),
        ),
    );
  },
  // An empty list of types leaves its blank.
  save: ({ sourcePort, destinationPort, types, option }, { family }) => {
    const words = (flag: string, use: Use | undefined, text: string): string[] =>
      use ? [`${use.negated ? '! ' : ''}${flag} ${text}`] : [];
    const value = { family, negated: false };
    return [
      ...words('--sport', sourcePort, sourcePort ? portRange.print(sourcePort.value, value) : ''),
      ...words('--dport', destinationPort, destinationPort ? portRange.print(destinationPort.value, value) : ''),
      ...words('--dccp-types', types, types ? types.value.join(',') : ''),
      ...words('--dccp-option', option, option ? String(option.value) : ''),
    ].join(' ');
  },
  say: ({ sourcePort, destinationPort, types, option }, context) => [
    phrase('noun', 'DCCP packets'),
    ...sayPorts('from', sourcePort),
    ...sayPorts('to', destinationPort),
    ...(types
      ? [
          phrase(
            'condition',
            types.value.length === 0
              ? `of ${types.negated ? 'any' : 'no'} type`
              : `of ${types.negated ? 'any type but ' : 'type '}${dccpTypes.say(types.value, { ...context, negated: false })}`,
          ),
        ]
      : []),
    ...(option ? [phrase('condition', `${option.negated ? 'without' : 'with'} DCCP option ${option.value}`)] : []),
  ],
  examples: [
    {
      rule: '-p dccp --dport ssh --sport :1023',
      saved: '-p dccp -m dccp --sport 0:1023 --dport 22',
      says: 'DCCP packets from ports 0 to 1023 to port 22 (ssh)',
    },
    {
      rule: '-p dccp -m dccp ! --dccp-types sync,request',
      saved: '-p dccp -m dccp ! --dccp-types REQUEST,SYNC',
      says: 'any type but REQUEST or SYNC',
    },
    { rule: '-p dccp -m dccp --dccp-option 37', says: 'with DCCP option 37' },
    { rule: '-p dccp -m dccp --dccp-types REQ', refused: 'DCCP packet type' },
    { rule: '-m dccp --dport 5', refused: '-p dccp' },
  ],
});
