/** `-j CLUSTERIP`: several hosts share one address and answer for a part of its clients each (libipt_CLUSTERIP.c). */
import { integer } from '../../values/integer.js';
import { mac } from '../../values/mac.js';
import { oneName } from '../../values/names.js';
import { none } from '../../values/value.js';
import { defineTarget } from '../define.js';
import { goesOn } from '../effects.js';

/** The lowest bit of the first of six bytes. */
const isMulticast = (address: number): boolean => Math.floor(address / 2 ** 40) % 2 === 1;

export const clusterip = defineTarget({
  name: 'CLUSTERIP',
  manual: 'iptables-extensions(8) CLUSTERIP; extensions/libipt_CLUSTERIP.c of iptables 1.8.9',
  families: [4],
  options: {
    new: { flag: '--new', value: none },
    hashMode: {
      flag: '--hashmode',
      value: oneName({ names: ['sourceip', 'sourceip-sourceport', 'sourceip-sourceport-destport'], what: 'way to hash' }),
    },
    clusterMac: { flag: '--clustermac', value: mac },
    totalNodes: { flag: '--total-nodes', value: integer(0, 16) },
    localNode: { flag: '--local-node', value: integer(0, 16) },
    hashInit: { flag: '--hash-init', value: integer(0, 0xffffffff) },
  },
  check: ({ new: fresh, hashMode, clusterMac, totalNodes, localNode, hashInit }) => {
    if (clusterMac && !isMulticast(clusterMac.value)) return 'the MAC address of a cluster must be a multicast one';
    const parts = [fresh, hashMode, clusterMac, totalNodes, localNode];
    const count = parts.filter(Boolean).length;
    return (count === 0 && !hashInit) || count === parts.length
      ? undefined
      : '--new, --hashmode, --clustermac, --total-nodes and --local-node belong together';
  },
  // Whoever is not responsible for the client drops the packet: the ruleset does not tell who that is.
  effect: goesOn,
  hasSideEffect: true,
  deprecated: 'CLUSTERIP is gone from newer kernels; -m cluster takes its place',
  save: ({ new: fresh, hashMode, clusterMac, totalNodes, localNode, hashInit }, context) =>
    fresh && hashMode && clusterMac && totalNodes && localNode
      ? `--new --hashmode ${hashMode.value} --clustermac ${mac.print(clusterMac.value, { ...context, negated: false }).toUpperCase()} --total-nodes ${totalNodes.value} --local-node ${localNode.value} --hash-init ${hashInit?.value ?? 0}`
      : '',
  say: ({ hashMode, clusterMac, totalNodes, localNode, hashInit }, context) =>
    totalNodes && localNode && hashMode && clusterMac
      ? `Serve the cluster address as node ${localNode.value} of ${totalNodes.value} (MAC address ${mac.say(clusterMac.value, { ...context, negated: false })}, clients told apart by ${hashMode.value}${hashInit && hashInit.value !== 0 ? `, hash seed ${hashInit.value}` : ''})`
      : 'Serve the cluster address',
  examples: [
    {
      rule: '-d 192.0.2.1/32 -j CLUSTERIP --new --hashmode sourceip --clustermac 01:00:5e:00:00:01 --total-nodes 2 --local-node 1',
      saved:
        '-d 192.0.2.1/32 -j CLUSTERIP --new --hashmode sourceip --clustermac 01:00:5E:00:00:01 --total-nodes 2 --local-node 1 --hash-init 0',
      says: 'node 1 of 2 (MAC address 01:00:5e:00:00:01, clients told apart by sourceip)',
    },
    { rule: '-j CLUSTERIP --new', refused: 'belong together' },
  ],
});
