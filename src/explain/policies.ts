/** Network policies of pods as kube-router (KUBE-POD-FW-, KUBE-NWPLCY-) and Calico (cali-tw-, cali-fw-, cali-pi-, cali-po-) wrote them into the rules. */
import type { Chain, Rule, Ruleset } from '../model/ruleset.js';
import { addressOf, calleeOf, commentsOf, decisionOf, isForAll } from './parts.js';

export interface PodPolicies {
  /** "default/redis-84f85f9cdc-nfbl2", "interface cali76be879f658". */
  readonly pod: string;
  readonly address: string | null;
  /** Policies asked for traffic to the pod. */
  readonly ingress: readonly string[];
  /** Policies asked for traffic from the pod. */
  readonly egress: readonly string[];
  /** What becomes of packets that no policy allows: "rejected", "dropped"; null: the rules do not tell. */
  readonly otherwise: string | null;
  readonly chains: readonly string[];
}

export interface PolicyChain {
  readonly policy: string;
  readonly chain: string;
  /** Which traffic of pods the chain is asked for; null: its name does not tell. */
  readonly direction: 'to' | 'from' | null;
  readonly rules: number;
  /** Pods whose chains ask it. */
  readonly pods: readonly string[];
}

export interface NetworkPolicies {
  readonly pods: readonly PodPolicies[];
  readonly policies: readonly PolicyChain[];
}

/** The network policies that the rules tell; null: none. */
export const policiesOf = (ruleset: Ruleset): NetworkPolicies | null => {
  const filter = ruleset.tables.get('filter');
  if (!filter) return null;
  const pods = new Map<
    string,
    { address: string | null; ingress: Set<string>; egress: Set<string>; otherwise: string | null; chains: Set<string> }
  >();
  const asked = new Map<Chain, Set<string>>();
  const podOf = (name: string) => {
    const pod = pods.get(name) ?? {
      address: null,
      ingress: new Set<string>(),
      egress: new Set<string>(),
      otherwise: null,
      chains: new Set<string>(),
    };
    pods.set(name, pod);
    return pod;
  };
  const ask = (chain: Chain, pod: string): string => {
    const from = asked.get(chain) ?? new Set();
    asked.set(chain, from.add(pod));
    return policyName(chain);
  };
  for (const chain of filter.chains.values()) {
    const calico = /^cali-(tw|fw|thfw|fhfw|th|fh)-(.+)$/.exec(chain.name);
    if (calico) {
      const name = `interface ${calico[2]}`;
      const pod = podOf(name);
      pod.chains.add(chain.name);
      for (const rule of chain.rules) {
        const callee = calleeOf(rule);
        if (callee && /^cali-(pi|po|pri|pro)-?/.test(callee.name))
          pod[calico[1]!.startsWith('t') ? 'ingress' : 'egress'].add(ask(callee, name));
        pod.otherwise ??= refusalIn(rule, /no policies? |no profiles/i);
      }
    } else if (/^KUBE-POD-FW-/.test(chain.name)) {
      const name = podName(chain) ?? chain.name;
      const pod = podOf(name);
      pod.chains.add(chain.name);
      for (const rule of chain.rules) {
        const callee = calleeOf(rule);
        pod.otherwise ??= refusalIn(rule, /traffic destined for POD/i);
        if (!callee || !/^KUBE-NWPLCY-/.test(callee.name)) continue;
        const to = addressOf(rule, 'destination');
        const from = addressOf(rule, 'source');
        pod.address ??= to ?? from;
        const isEgress = from !== null && to === null;
        pod[isEgress ? 'egress' : 'ingress'].add(ask(callee, name));
      }
    }
  }
  for (const chain of filter.chains.values())
    if (/^(KUBE-NWPLCY-(?!COMMON)|cali-p[io]-)/.test(chain.name) && !asked.has(chain)) asked.set(chain, new Set());
  if (pods.size === 0 && asked.size === 0) return null;
  return {
    pods: [...pods].map(([pod, { address, ingress, egress, otherwise, chains }]) => ({
      pod,
      address,
      ingress: [...ingress],
      egress: [...egress],
      otherwise,
      chains: [...chains],
    })),
    policies: [...asked].map(([chain, from]) => ({
      policy: policyName(chain),
      chain: chain.name,
      direction: /^cali-pr?i-?/.test(chain.name) ? 'to' : /^cali-pr?o-?/.test(chain.name) ? 'from' : null,
      rules: chain.rules.length,
      pods: [...from],
    })),
  };
};

const refusalIn = (rule: Rule, comment: RegExp): string | null => {
  const decision = decisionOf(rule);
  if (decision !== 'DROP' && decision !== 'REJECT') return null;
  return commentsOf(rule).some((text) => comment.test(text)) || isForAll(rule) ? (decision === 'DROP' ? 'dropped' : 'rejected') : null;
};

/** "rule to REJECT traffic destined for POD name:web-1 namespace: default". */
const podName = (chain: Chain): string | null => {
  for (const rule of [...chain.rules, ...chain.callers])
    for (const comment of commentsOf(rule)) {
      const read = /POD name: ?(\S+) namespace: ?(\S+)/i.exec(comment);
      if (read) return `${read[2]}/${read[1]}`;
    }
  return null;
};

/** The policy that a chain holds, from its comments or those of the rules that lead to it; else the chain's own name. */
const policyName = (chain: Chain): string => {
  if (chain.name === 'KUBE-NWPLCY-DEFAULT') return 'the default';
  if (chain.name === 'KUBE-NWPLCY-COMMON') return 'common rules';
  // The two directions of a policy of Calico share the end of their names, and an empty one bears no comment.
  const twin = chain.table.chains.get(
    chain.name.replace(/^(cali-pr?)([io])(?=-)/, (_, stem: string, way: string) => `${stem}${way === 'i' ? 'o' : 'i'}`),
  );
  for (const rule of [...chain.rules, ...chain.callers, ...(twin?.rules ?? [])])
    for (const comment of commentsOf(rule)) {
      const router = /policy name:? ?(\S+) namespace:? ?(\S+)/i.exec(comment);
      if (router) return `${router[2]}/${router[1]}`;
      const named = /run through nw policy (\S+)/i.exec(comment) ?? /^(?:Policy|Profile) (\S+)/.exec(comment);
      if (named) return named[1]!;
    }
  return chain.name.replace(/^cali-(?:pr?[io])-?_?/, '');
};
