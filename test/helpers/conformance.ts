/** Rules that the real iptables took or refused, where they are beside the project; tests that want them are skipped, visibly, where they are not. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TableName } from '../../grammar/index.js';

export interface RealRule {
  readonly id: string;
  readonly family: 4 | 6;
  readonly table: TableName;
  readonly chain: string;
  readonly rule: string;
  readonly accepted_legacy: boolean | null;
  readonly accepted_nft: boolean | null;
}

/** Those that one back end took at least; empty where there are none. */
export const acceptedRules: readonly RealRule[] = ['vectors.jsonl', 'probes.jsonl'].flatMap((name) => {
  const path = fileURLToPath(new URL(`../../../shared/conformance/${name}`, import.meta.url));
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RealRule)
    .filter(({ accepted_legacy, accepted_nft }) => accepted_legacy === true || accepted_nft === true);
});
