/** Container networks that overlap each other. */
import { type Network, prefixLength, prefixMask, printNetwork } from '../../grammar/index.js';
import { networksOf, optionNode, optionOf } from '../explain/parts.js';
import { censusOf } from '../model/census.js';
import { ownerOfRule } from '../model/owners.js';
import { placeOfRule, spanOf } from '../model/place.js';
import type { Rule } from '../model/ruleset.js';
import { defineCheck } from './define.js';

interface Range {
  readonly rule: Rule;
  readonly network: Network;
  /** The bridge of the network: two networks on one are one. */
  readonly bridge: string;
}

const contains = (a: Network, b: Network): boolean =>
  typeof a.address === 'bigint'
    ? typeof b.address === 'bigint' &&
      ((a.address ^ b.address) & (a.mask as bigint)) === 0n &&
      ((a.mask as bigint) & (b.mask as bigint)) === a.mask
    : typeof b.address === 'number' &&
      ((a.address ^ b.address) & (a.mask as number)) === 0 &&
      ((a.mask as number) & (b.mask as number)) >>> 0 === (a.mask as number) >>> 0;

const platforms = new Set(['docker', 'cni', 'netavark', 'libvirt', 'lxc', 'lxd']);

export default defineCheck({
  id: 'overlapping-ranges',
  category: 'platform',
  level: 'warning',
  summary: 'A container network of this host overlaps another one, or a network that the host reaches elsewhere.',
  why: 'Each bridge network needs addresses of its own. Where one range lies within another, the route of the narrower one wins: containers on the wider network with addresses in the shared part cannot be reached, and their packets come back on the wrong bridge. Told for networks that Docker, Podman, libvirt and the like masquerade, each on a bridge of its own. With ip -j route or ip -j addr given also for networks that the host reaches by another device: a VPN whose range a new compose network takes is gone for this host.',
  advice: 'Give one of the networks another range (default-address-pools in daemon.json, --subnet of docker network create).',
  examples: {
    find: [
      {
        title: 'a compose network inside the default one',
        text: '*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -s 172.16.0.0/12 ! -o docker0 -j MASQUERADE\n-A POSTROUTING -s 172.18.0.0/16 ! -o br-0123456789ab -j MASQUERADE\nCOMMIT\n',
      },
      {
        title: 'a network of the VPN taken by a compose network',
        text: '*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -s 172.18.0.0/16 ! -o br-0123456789ab -j MASQUERADE\nCOMMIT\n',
        context: { routes: { name: 'ip-route.json', text: '[{"dst":"172.18.4.0/24","dev":"tun0"}]' } },
      },
    ],
    leave: [
      {
        title: "the bridge's own route",
        text: '*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -s 172.18.0.0/16 ! -o br-0123456789ab -j MASQUERADE\nCOMMIT\n',
        context: {
          routes: { name: 'ip-route.json', text: '[{"dst":"172.18.0.0/16","dev":"br-0123456789ab"},{"dst":"default","dev":"eth0"}]' },
        },
      },
      {
        title: 'side by side',
        text: '*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE\n-A POSTROUTING -s 172.18.0.0/16 ! -o br-0123456789ab -j MASQUERADE\nCOMMIT\n',
      },
    ],
  },
  checkRuleset: ({ ruleset, routes, report }) => {
    const ranges: Range[] = [];
    for (const rule of censusOf(ruleset).withTarget('MASQUERADE')) {
      const out = optionOf(rule.node, '', 'outInterface');
      const [network] = networksOf(rule, 'source');
      const owner = ownerOfRule(rule);
      if (!out?.negated || !network || !owner || !platforms.has(owner.id) || optionOf(rule.node, '', 'source')?.negated) continue;
      if (prefixLength(network.mask) === (ruleset.family === 4 ? 32 : 128)) continue;
      ranges.push({ rule, network, bridge: (out.value as { name: string }).name });
    }
    if (ranges.length > 500) return;
    for (const [i, a] of ranges.entries())
      for (const b of ranges.slice(i + 1)) {
        if (a.bridge === b.bridge) continue;
        const [wide, narrow] = contains(a.network, b.network) ? [a, b] : contains(b.network, a.network) ? [b, a] : [];
        if (!wide || !narrow) continue;
        report({
          ...placeOfRule(narrow.rule),
          focus: [spanOf(optionNode(narrow.rule.node, '', 'source')!)],
          message: `the network ${printNetwork(narrow.network)} on ${narrow.bridge} lies within ${printNetwork(wide.network)} on ${wide.bridge}`,
          effect: `containers on ${wide.bridge} with addresses of the shared part cannot be reached`,
          help: 'give one of them another range',
          related: [{ at: spanOf(wide.rule.node), message: 'the wider network' }],
        });
      }
    for (const { rule, network, bridge } of ranges)
      for (const { address, prefix, device, from } of routes) {
        if (device === bridge || (typeof address === 'bigint') !== (ruleset.family === 6)) continue;
        const route: Network = { kind: 'network', address, mask: prefixMask(prefix, ruleset.family) };
        const isInside = contains(network, route);
        if (!isInside && !contains(route, network)) continue;
        const where = `${printNetwork(route)} on ${device} (ip -j ${from === 'routes' ? 'route' : 'addr'})`;
        report({
          ...placeOfRule(rule),
          focus: [spanOf(optionNode(rule.node, '', 'source')!)],
          // A wide route, 10.0.0.0/8 to the company, may have left this range free on purpose.
          ...(isInside
            ? {}
            : {
                level: 'info',
                certainty: 'possible',
                leansOn: [`whether hosts behind ${device} have addresses of ${printNetwork(network)}`],
              }),
          message: isInside
            ? `the network ${printNetwork(network)} on ${bridge} holds ${where}`
            : `the network ${printNetwork(network)} on ${bridge} lies within ${where}`,
          effect: isInside
            ? `containers with addresses of ${printNetwork(route)} cannot be reached, or hosts behind ${device} cannot`
            : `hosts behind ${device} with addresses of ${printNetwork(network)} cannot be reached from this host`,
          help: 'give the container network another range',
        });
      }
  },
});
