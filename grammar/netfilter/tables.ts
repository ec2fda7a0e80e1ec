/**
 * The five tables, their built-in chains, and the order in which a hook asks them (uapi/linux/netfilter_ipv4.h, nf_ip_hook_priorities;
 * measured: conntrack sits between raw and mangle; nat at INPUT is source NAT's and comes last).
 */
import type { Hook } from './hooks.js';

export const tables = ['raw', 'mangle', 'nat', 'filter', 'security'] as const;

export type TableName = (typeof tables)[number];

export const isTable = (name: string): name is TableName => (tables as readonly string[]).includes(name);

/** Built-in chains of each table, in the order that iptables-save prints them. */
export const builtInChains: Readonly<Record<TableName, readonly Hook[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};

/** The tables that each hook asks, first to last. */
export const tablesAtHook: Readonly<Record<Hook, readonly TableName[]>> = {
  PREROUTING: ['raw', 'mangle', 'nat'],
  INPUT: ['mangle', 'filter', 'security', 'nat'],
  FORWARD: ['mangle', 'filter', 'security'],
  OUTPUT: ['raw', 'mangle', 'nat', 'filter', 'security'],
  POSTROUTING: ['mangle', 'nat'],
};
