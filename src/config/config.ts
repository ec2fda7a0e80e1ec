/** What a configuration file says, and what it comes to together with the command line. Declarative only: the tool is often run as root. */
import type { Certainty } from '../diagnostic/diagnostic.js';
import type { FailOn } from '../diagnostic/report.js';
import type { Effort } from '../diagnostic/result.js';
import { merge, type Selection } from '../diagnostic/selection.js';
import type { Override } from '../diagnostic/settle.js';
import { glob } from '../util/glob.js';

export const configNames = ['.iptlint.yaml', '.iptlint.yml', '.iptlint.json'] as const;

/** The file's content, as schema.ts describes it. */
export interface Config extends Selection {
  readonly 'fail-on'?: FailOn;
  readonly 'min-certainty'?: Certainty;
  readonly family?: 4 | 6;
  readonly backend?: 'legacy' | 'nft';
  readonly effort?: Effort;
  readonly managed?: 'info' | 'full';
  readonly 'inline-silence'?: boolean;
  readonly baseline?: string;
  readonly context?: ContextPaths;
  readonly overrides?: readonly ConfigOverride[];
}

export interface ContextPaths {
  readonly ipset?: string;
  readonly addresses?: string;
  readonly routes?: string;
  readonly sysctl?: string;
}

interface ConfigOverride extends Selection {
  readonly files?: readonly string[];
  readonly chains?: readonly string[];
}

/** Everything that a run over one host's inputs goes by. */
export interface Settings {
  readonly selection: Selection;
  readonly failOn: FailOn;
  readonly minCertainty: Certainty;
  readonly family: 4 | 6 | null;
  readonly backend: 'legacy' | 'nft' | null;
  readonly effort: Effort | null;
  readonly managed: 'info' | 'full';
  readonly inlineSilence: boolean;
  readonly baseline: string | null;
  readonly context: ContextPaths;
}

/** What the command line said; absent: nothing. */
export type Flags = Partial<Omit<Settings, 'selection' | 'context'>> & { readonly selection: Selection; readonly context: ContextPaths };

/**
 * The command line laid over the configuration. A `--select` replaces the file's `select` and `ignore` both: who asks for a check gets it.
 */
export const settingsOf = (config: Config, flags: Flags): Settings => {
  const wider: Selection = flags.selection.select ? { ...(config.levels && { levels: config.levels }) } : config;
  return {
    selection: merge(wider, flags.selection),
    failOn: flags.failOn ?? config['fail-on'] ?? 'warning',
    minCertainty: flags.minCertainty ?? config['min-certainty'] ?? 'possible',
    family: flags.family ?? config.family ?? null,
    backend: flags.backend ?? config.backend ?? null,
    effort: flags.effort ?? config.effort ?? null,
    managed: flags.managed ?? config.managed ?? 'info',
    inlineSilence: flags.inlineSilence ?? config['inline-silence'] ?? true,
    baseline: flags.baseline ?? config.baseline ?? null,
    context: { ...config.context, ...flags.context },
  };
};

/** The file's overrides as tests of findings; `fromConfig` gives an input's path as seen from the file. */
export const overridesOf = ({ overrides = [] }: Config, fromConfig: (path: string) => string): Override[] =>
  overrides.map(({ files, chains, ...selection }) => {
    const inFiles = files?.map(glob);
    const inChains = chains?.map(chainGlob);
    return {
      selection,
      appliesTo: ({ source, table, chain }) =>
        (!inFiles || inFiles.some((test) => test(fromConfig(source.name)))) &&
        (!inChains || (chain !== undefined && inChains.some((test) => test(table ?? '', chain)))),
    };
  });

const chainGlob = (pattern: string): ((table: string, chain: string) => boolean) => {
  const whole = glob(pattern);
  return pattern.includes('/') ? (table, chain) => whole(`${table}/${chain}`) : (_table, chain) => whole(chain);
};

/** A first configuration file, for `iptlint config init`: the defaults, told. */
export const firstConfig = `# Configuration of iptlint. Every key is optional; what stands here is the default.
# iptlint rules        lists the checks
# iptlint config schema  prints the JSON Schema of this file

# Checks by id or category. "select: [all]" is every check.
# select: []
ignore: []

# Level of a check by id: error, warning, info or off.
levels: {}

# The lowest level that makes the exit code 1: error, warning, info or never.
fail-on: warning

# proved: do not tell findings that lean on something unknown.
min-certainty: possible

# Findings in chains that a program manages (kube-proxy, Docker ...): info, or full for their own level.
managed: info

# Changes for some files or chains.
overrides: []
#  - files: ['lab/**']
#    ignore: [security]
#  - chains: ['DOCKER*', 'nat/KUBE-*']
#    levels: { unreferenced-chain: 'off' }
`;

/** Every name in a selection; those of levels have to be ids. */
export const namesIn = (selection: Selection): { readonly name: string; readonly isIdOnly: boolean }[] => [
  ...[...(selection.select ?? []), ...(selection.ignore ?? [])].map((name) => ({ name, isIdOnly: false })),
  ...Object.keys(selection.levels ?? {}).map((name) => ({ name, isIdOnly: true })),
];
