/** `-m ipvs`: properties of a connection that the load balancer IPVS keeps. */
import { all, notIf, type Predicate } from '../../packet/predicate.js';
import { hostMask } from '../../values/host-mask.js';
import { oneName } from '../../values/names.js';
import { protocol, sayProtocol } from '../../values/protocol.js';
import { resolvedPort } from '../../values/resolved-port.js';
import { none, type ValueType } from '../../values/value.js';
import { defineMatch, phrase } from '../define.js';
import { ask, detailed, join, spell } from '../spell.js';

/** A protocol that is printed as its number. */
const protocolByNumber: ValueType<number> = { ...protocol, print: String };
const reads = ['source', 'destination', 'sourcePort', 'destinationPort', 'protocol'] as const;
const isIpvs = ask('ipvs', 'surroundings', '--ipvs', {}, reads);

export const ipvs = defineMatch({
  name: 'ipvs',
  manual: 'iptables-extensions(8) ipvs; net/netfilter/xt_ipvs.c',
  decidedBy: 'surroundings',
  options: {
    ipvs: { flag: '--ipvs', value: none, negatable: true },
    protocol: { flag: '--vproto', value: protocolByNumber, negatable: true },
    address: { flag: '--vaddr', value: hostMask, negatable: true },
    port: { flag: '--vport', value: resolvedPort, negatable: true },
    direction: { flag: '--vdir', value: oneName({ names: ['ORIGINAL', 'REPLY'], what: 'direction', anyCase: true }) },
    method: {
      flag: '--vmethod',
      value: oneName({ names: ['GATE', 'IPIP', 'MASQ'], what: 'forwarding method', anyCase: true }),
      negatable: true,
    },
    controlPort: { flag: '--vportctl', value: resolvedPort, negatable: true },
  },
  check: ({ ipvs: wanted }, { order }) => {
    if (order.length === 0) return 'an option is missing';
    return wanted?.negated && order.length > 1 ? '! --ipvs cannot stand beside other options' : undefined;
  },
  // Every other option asks of a packet that belongs to IPVS, and its negation stays within that.
  matches: (given, { family }) => {
    const { ipvs: wanted, protocol: vproto, address, port, direction, method, controlPort } = given;
    if (wanted?.negated) return notIf(true, isIpvs);
    const part = (flag: string, use: { readonly negated: boolean } | undefined, value: string): Predicate | undefined =>
      use && notIf(use.negated, ask('ipvs', 'surroundings', spell(flag, false, value), { flag, value }, reads));
    return all(
      isIpvs,
      part('--vproto', vproto, String(vproto?.value)),
      part('--vaddr', address, address ? hostMask.print(address.value, { family, negated: false }) : ''),
      part('--vport', port, String(port?.value)),
      part('--vdir', direction, String(direction?.value)),
      part('--vmethod', method, String(method?.value)),
      part('--vportctl', controlPort, String(controlPort?.value)),
    );
  },
  save: ({ ipvs: wanted, protocol: vproto, address, port, direction, method, controlPort }, { family, order }) =>
    join(
      wanted && order.length === 1 && spell('--ipvs', wanted.negated),
      vproto && spell('--vproto', vproto.negated, vproto.value),
      address &&
        spell(
          '--vaddr',
          address.negated,
          `${hostMask.print(address.value, { family, negated: false })}${isBare(address.value, family) ? `/${family === 4 ? 32 : 128}` : ''}`,
        ),
      port && spell('--vport', port.negated, port.value),
      direction && spell('--vdir', false, direction.value),
      method && spell('--vmethod', method.negated, method.value),
      controlPort && spell('--vportctl', controlPort.negated, controlPort.value),
    ),
  say: ({ ipvs: wanted, protocol: vproto, address, port, direction, method, controlPort }, { family }) => {
    const part = (use: { readonly negated: boolean } | undefined, words: string): string | undefined =>
      use && `${use.negated ? 'not ' : ''}${words}`;
    return [
      phrase(
        'condition',
        detailed(`belonging to ${wanted?.negated ? 'no' : 'an'} IPVS connection`, [
          part(vproto, `of virtual protocol ${vproto ? sayProtocol(vproto.value) : ''}`),
          part(address, `of virtual address ${address ? hostMask.say(address.value, { family, negated: false }) : ''}`),
          part(port, `of virtual port ${port?.value}`),
          direction && `in the ${direction.value.toLowerCase()} direction`,
          part(method, `forwarded by ${method?.value}`),
          part(controlPort, `controlled by a connection to virtual port ${controlPort?.value}`),
        ]),
      ),
    ];
  },
  examples: [
    { rule: '-m ipvs --ipvs', says: 'belonging to an IPVS connection' },
    { rule: '-m ipvs --vproto tcp ! --vport 80', saved: '-m ipvs --vproto 6 ! --vport 80', says: 'of virtual protocol TCP' },
    { rule: '-m ipvs --vdir reply --vmethod masq', saved: '-m ipvs --vdir REPLY --vmethod MASQ', says: 'forwarded by MASQ' },
    { rule: '-m ipvs ! --ipvs --vport 80', refused: 'cannot stand beside' },
    { rule: '-m ipvs', refused: 'missing' },
  ],
});

const isBare = (value: { readonly length: number }, family: 4 | 6): boolean => value.length === (family === 4 ? 32 : 128);
