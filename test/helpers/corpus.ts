/** Real rulesets beside the project, where they are; tests that want them are skipped, visibly, where they are not. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../shared/corpus/', import.meta.url));

export interface CorpusEntry {
  readonly path: string;
  readonly family: 4 | 6;
  readonly rules: number;
  readonly loads: boolean;
  readonly kind: string;
  text(): string;
}

interface ManifestLine {
  readonly path: string;
  readonly family: 4 | 6;
  readonly rules: number;
  readonly kind: string;
  readonly legacy_ok?: boolean;
  readonly nft_ok?: boolean;
}

/** Empty where there is no corpus. */
export const corpus: readonly CorpusEntry[] = existsSync(`${folder}manifest.jsonl`)
  ? readFileSync(`${folder}manifest.jsonl`, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const entry = JSON.parse(line) as ManifestLine;
        return {
          path: entry.path,
          family: entry.family,
          rules: entry.rules,
          kind: entry.kind,
          loads: entry.legacy_ok === true || entry.nft_ok === true,
          text: () => readFileSync(folder + entry.path, 'utf8'),
        };
      })
  : [];
