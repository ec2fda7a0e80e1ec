/** `-m cluster`: the share of connections that falls to this node of a cluster, by a hash of the connection's first source address. */
import { all, notIf, test } from '../../packet/predicate.js';
import { hasConnection } from '../../packet/presence.js';
import { integer } from '../../values/integer.js';
import { sayAlternatives } from '../../values/names.js';
import { defineMatch, phrase, type Use } from '../define.js';

const eightDigits = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;

/** Node n is bit n-1 of the mask. */
const maskOf = (node: Use<number> | undefined, mask: Use<number> | undefined): number =>
  node ? 2 ** (node.value - 1) : (mask?.value ?? 0);

const nodesOf = (mask: number): readonly string[] =>
  Array.from({ length: 32 }, (_, bit) => bit)
    .filter((bit) => Math.floor(mask / 2 ** bit) % 2 === 1)
    .map((bit) => String(bit + 1));

export const cluster = defineMatch({
  name: 'cluster',
  manual: 'iptables-extensions(8) cluster; net/netfilter/xt_cluster.c',
  decidedBy: 'surroundings',
  options: {
    totalNodes: { flag: '--cluster-total-nodes', value: integer(1, 32), required: true },
    localNode: { flag: '--cluster-local-node', value: integer(1, 32), negatable: true, excludes: ['localNodeMask'] },
    // 1.8.9 bounds the mask as if it were a node: what it saves for nodes 7 and up it refuses to restore.
    localNodeMask: { flag: '--cluster-local-nodemask', value: integer(1, 32), negatable: true, excludes: ['localNode'] },
    hashSeed: { flag: '--cluster-hash-seed', value: integer(0, 0xffffffff), required: true },
  },
  check: ({ totalNodes, localNode, localNodeMask }) => {
    if (!localNode && !localNodeMask) return 'it wants --cluster-local-node or --cluster-local-nodemask';
    if (localNode && localNode.value > totalNodes.value) return `node ${localNode.value} is beyond the ${totalNodes.value} of the cluster`;
    return maskOf(localNode, localNodeMask) >= 2 ** totalNodes.value
      ? `the mask names nodes beyond the ${totalNodes.value} of the cluster`
      : undefined;
  },
  matches: ({ totalNodes, localNode, localNodeMask, hashSeed }) => {
    const mask = maskOf(localNode, localNodeMask);
    return all(
      hasConnection,
      notIf(
        (localNode ?? localNodeMask)?.negated ?? false,
        test({
          extension: 'cluster',
          text: `-m cluster --cluster-local-nodemask ${eightDigits(mask)} --cluster-total-nodes ${totalNodes.value} --cluster-hash-seed ${eightDigits(hashSeed.value)}`,
          decidedBy: 'surroundings',
          reads: [],
          given: { mask, totalNodes: totalNodes.value, hashSeed: hashSeed.value },
        }),
      ),
    );
  },
  save: ({ totalNodes, localNode, localNodeMask, hashSeed }) =>
    [
      `${(localNode ?? localNodeMask)?.negated ? '! ' : ''}--cluster-local-nodemask ${eightDigits(maskOf(localNode, localNodeMask))}`,
      `--cluster-total-nodes ${totalNodes.value}`,
      `--cluster-hash-seed ${eightDigits(hashSeed.value)}`,
    ].join(' '),
  say: ({ totalNodes, localNode, localNodeMask }) => [
    phrase(
      'condition',
      `of connections that ${(localNode ?? localNodeMask)?.negated ? 'do not fall' : 'fall'} to node ${sayAlternatives(nodesOf(maskOf(localNode, localNodeMask)))} of a cluster of ${totalNodes.value}`,
    ),
  ],
  examples: [
    {
      rule: '-m cluster --cluster-total-nodes 2 --cluster-local-node 2 --cluster-hash-seed 0xbeef',
      saved: '-m cluster --cluster-local-nodemask 0x00000002 --cluster-total-nodes 2 --cluster-hash-seed 0x0000beef',
      says: 'that fall to node 2 of a cluster of 2',
    },
    {
      rule: '-m cluster ! --cluster-local-nodemask 5 --cluster-total-nodes 4 --cluster-hash-seed 1',
      saved: '-m cluster ! --cluster-local-nodemask 0x00000005 --cluster-total-nodes 4 --cluster-hash-seed 0x00000001',
      says: 'that do not fall to node 1 or 3 of a cluster of 4',
    },
    { rule: '-m cluster --cluster-total-nodes 2 --cluster-local-node 3 --cluster-hash-seed 1', refused: 'beyond the 2' },
    { rule: '-m cluster --cluster-total-nodes 2 --cluster-hash-seed 1', refused: '--cluster-local-node' },
  ],
});
