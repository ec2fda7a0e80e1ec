/** Netfilter's five hooks, which carry the names of the built-in chains (uapi/linux/netfilter.h, nf_inet_hooks). */

export const hooks = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'] as const;

/** A hook, and the built-in chain of that name. */
export type Hook = (typeof hooks)[number];

/** Whether a chain name is a built-in chain's. */
export const isHook = (name: string): name is Hook => (hooks as readonly string[]).includes(name);

/** The hooks that know the interface a packet came in by: elsewhere `-i` can never match. */
export const hooksWithInInterface: readonly Hook[] = ['PREROUTING', 'INPUT', 'FORWARD'];

/** The hooks that know the interface a packet leaves by: elsewhere `-o` can never match. */
export const hooksWithOutInterface: readonly Hook[] = ['FORWARD', 'OUTPUT', 'POSTROUTING'];
