/**
 * A whole ruleset as a page: which hooks are guarded, what is open to whom, what is translated, services and published ports, which program made what,
 * the way of a packet, and the chains. The same as data for JSON.
 */
import { type Hook, sayQuoted } from '../../grammar/index.js';
import type { Ipsets } from '../model/ipset.js';
import { ownerOf, ownerOfRule } from '../model/owners.js';
import { lineOf } from '../model/place.js';
import type { Chain, Rule, Ruleset } from '../model/ruleset.js';
import { count, listed } from '../util/text.js';
import { type ExplainedChain, type ExplainedRule, explainChain, explainRule, type IsDead, seenAt } from './chain.js';
import { type Exposure, type ExposureRow, exposureOf } from './exposure.js';
import { type Service, type Services, servicesOf } from './kubernetes.js';
import { aside, type Block, heading, list, paragraph } from './layout.js';
import type { ExplainedLine } from './line.js';
import { calleeOf, decisionOf, endOf, isForAll, lines } from './parts.js';
import { type PathStep, pathDiagram, pathOf } from './path.js';
import { type NetworkPolicies, policiesOf } from './policies.js';
import { type Program, programsOf } from './programs.js';
import { type PublishedPort, publishedPorts } from './published.js';

export interface PageOptions {
  /** Contents of the host's ipsets; null: not given. */
  readonly sets: Ipsets | null;
  /** Rules told of each chain; the others are counted. */
  readonly mostRules: number;
  /** Whether it is proved of a rule that no packet reaches it; absent: nobody asked. */
  readonly isDead?: IsDead;
  /** What becomes of translated ports, where somebody followed them. */
  readonly reached?: readonly Reached[] | null;
}

/** A built-in chain of the filter table and what becomes of packets that nothing decides. */
export interface GuardedHook {
  readonly hook: Hook;
  readonly policy: string | null;
  readonly rules: number;
  /** "What no rule decides meets the policy, DROP." */
  readonly otherwise: string;
}

export interface Page {
  readonly name: string;
  readonly family: 4 | 6;
  readonly tables: readonly string[];
  readonly chainCount: number;
  readonly ruleCount: number;
  /** Not all of the text could be read. */
  readonly isPartlyUnread: boolean;
  readonly hooks: readonly GuardedHook[];
  /** Rules outside the filter table that drop packets, by chain: "raw/PREROUTING". */
  readonly dropsElsewhere: readonly { readonly chain: string; readonly lines: readonly number[] }[];
  readonly exposure: readonly ExposedHook[];
  /** Rules of which it is proved that no packet reaches them are left out of `exposure` and marked in `chains`. */
  readonly isProved: boolean;
  readonly translations: readonly ExplainedRule[];
  /** Translating rules of programs, counted by program. */
  readonly managedTranslations: readonly { readonly program: string; readonly rules: number }[];
  readonly kubernetes: Services | null;
  readonly policies: NetworkPolicies | null;
  readonly published: readonly PublishedPort[];
  /** Of published ports that were followed to the end: who reaches them, or which lines refuse them. Null: none was followed. */
  readonly reached: readonly Reached[] | null;
  readonly programs: readonly Program[];
  readonly path: readonly PathStep[];
  readonly chains: readonly ExplainedChain[];
  /** Chains of which nothing is told but that they hand every packet on to chains of programs: "nat/PREROUTING". */
  readonly handing: readonly string[];
  /** Chains that programs manage for themselves are few, and explained like others. */
  readonly isShort: boolean;
}

/** What becomes of a translated port. */
export interface Reached {
  /** The line that translates it. */
  readonly line: number;
  /** Sources that get through; empty: nobody does. */
  readonly from: readonly string[];
  /** Lines that refuse it; `policy`: a policy does. */
  readonly refusedBy: readonly (number | 'policy')[];
}

export interface ExposedHook {
  readonly hook: Hook;
  readonly rows: readonly ExposureRow[];
  /** Lines of rules that refuse some packets first. */
  readonly refusedFirst: readonly number[];
  /** Programs whose own policies decide of some packets, and the lines that lead to them. */
  readonly delegated: readonly { readonly program: string; readonly lines: readonly number[] }[];
  readonly isCut: boolean;
}

/** A ruleset explained. */
export const explainRuleset = (ruleset: Ruleset, { sets, mostRules, isDead, reached = null }: PageOptions): Page => {
  const chains = [...ruleset.tables.values()].flatMap((table) => [...table.chains.values()]);
  const kubernetes = servicesOf(ruleset, sets);
  const published = publishedPorts(ruleset);
  const programs = programsOf(ruleset);
  const translating = ruleset.rules.filter(translates);
  const managed = new Map<string, number>();
  for (const rule of translating) {
    const name = ownerOfRule(rule)?.name;
    if (name !== undefined) managed.set(name, (managed.get(name) ?? 0) + 1);
  }
  // Those that other parts of the page tell, and those that are many, are counted.
  const told = new Set([...(kubernetes ? ['kube-proxy'] : []), ...published.map(({ program }) => program)]);
  const isCounted = (name: string): boolean => told.has(name) || managed.get(name)! > mostManagedTranslations;
  const own = translating.filter((rule) => {
    const name = ownerOfRule(rule)?.name;
    return name === undefined || !isCounted(name);
  });
  const managedChains = chains.filter((chain) => isManaged(chain) && chain.rules.length > 0);
  const isShort =
    managedChains.length <= mostManagedChains && managedChains.reduce((sum, { rules }) => sum + rules.length, 0) <= mostManagedRules;
  const shown = chains.filter((chain) => isOwn(chain) || (isShort && managedChains.includes(chain)));
  // Chains that only hand everything on are named, not explained, where what they lead to is left out.
  const handing = isShort ? [] : shown.filter(handsOn);
  return {
    name: ruleset.source.name,
    family: ruleset.family,
    tables: [...ruleset.tables.keys()],
    chainCount: chains.length,
    ruleCount: ruleset.rules.length,
    isPartlyUnread: !ruleset.whole,
    hooks: (['INPUT', 'FORWARD', 'OUTPUT'] as const).flatMap((hook) => {
      const chain = ruleset.tables.get('filter')?.chains.get(hook);
      return chain ? [{ hook, policy: chain.policy, rules: chain.rules.length, otherwise: otherwiseOf(chain) }] : [];
    }),
    dropsElsewhere: chains
      .filter(({ table }) => table.name !== 'filter')
      .map((chain) => ({
        chain: `${chain.table.name}/${chain.name}`,
        lines: chain.rules.filter((rule) => decisionOf(rule) === 'DROP').map(lineOf),
      }))
      .filter(({ lines: dropping }) => dropping.length > 0),
    exposure: (['INPUT', 'FORWARD', 'OUTPUT'] as const).flatMap((hook) => {
      const exposure = exposureOf(ruleset, hook, isDead);
      return exposure && isTelling(exposure) ? [dataOf(exposure)] : [];
    }),
    isProved: isDead !== undefined,
    translations: own.map((rule) => explainRule(rule, isDead)),
    managedTranslations: [...managed].filter(([name]) => isCounted(name)).map(([program, rules]) => ({ program, rules })),
    kubernetes,
    policies: policiesOf(ruleset),
    published,
    reached,
    programs,
    path: pathOf(ruleset),
    chains: shown.filter((chain) => !handing.includes(chain)).map((chain) => explainChain(chain, mostRules, isDead)),
    handing: handing.map(({ table, name }) => `${table.name}/${name}`),
    isShort,
  };
};

const dataOf = ({ hook, rows, refusing, delegated, isCut }: Exposure): ExposedHook => ({
  hook,
  rows,
  delegated: delegated.map(({ program, rules }) => ({ program, lines: rules.map(lineOf) })),
  refusedFirst: refusing.map(lineOf).sort((a, b) => a - b),
  isCut,
});

/** A hook whose only word is "everything" is told by its policy already. */
const isTelling = ({ hook, rows, delegated }: Exposure): boolean => hook === 'INPUT' || !isOpen(rows) || delegated.length > 0;

/** Nothing is refused. */
const isOpen = (rows: readonly ExposureRow[]): boolean => rows.length === 1 && rows[0]!.lines.length === 0 && rows[0]!.only === '';

const translates = ({ action }: Rule): boolean =>
  action.kind === 'target' &&
  ['DNAT', 'SNAT', 'MASQUERADE', 'REDIRECT', 'NETMAP', 'TPROXY', 'DNPT', 'SNPT', 'CLUSTERIP'].includes(action.name);

/** Chains to explain: those with rules that no program manages for itself, and built-in ones that do something. */
const isOwn = (chain: Chain): boolean => {
  if (chain.hook) return chain.rules.length > 0 || chain.policy !== 'ACCEPT';
  const owner = ownerOf(chain);
  return owner === null || (owner.isForUser && chain.rules.length > 0);
};

/** A chain that a program manages for itself. */
const isManaged = (chain: Chain): boolean => {
  const owner = ownerOf(chain);
  return owner !== null && !owner.isForUser;
};

/** A built-in chain without a say of its own: all of its rules hand every packet on to chains that programs manage. */
const handsOn = (chain: Chain): boolean =>
  chain.hook !== null &&
  chain.policy === 'ACCEPT' &&
  chain.rules.length > 0 &&
  chain.rules.every((rule) => {
    const callee = calleeOf(rule);
    return callee !== null && isManaged(callee) && isForAll(rule);
  });

/** Managed chains and their rules up to which these are explained, too. */
const mostManagedChains = 12;
const mostManagedRules = 40;
/** Translating rules of a program up to which they are told one by one. */
const mostManagedTranslations = 12;

const otherwiseOf = (chain: Chain): string => {
  const end = endOf(chain);
  if (!end)
    return chain.rules.length === 0
      ? `everything meets the policy, ${chain.policy}`
      : `what no rule decides meets the policy, ${chain.policy}`;
  const does: Readonly<Record<string, string>> = { ACCEPT: 'accepts', DROP: 'drops', REJECT: 'rejects' };
  const decision = decisionOf(end)!;
  return `${lines([end])} ${does[decision] ?? `ends with ${decision} for`} what is left${chain.policy === 'ACCEPT' && decision !== 'ACCEPT' ? ' (the policy, ACCEPT, is never asked)' : ''}`;
};

/** Rows of a table on the page; the rest is counted. */
const mostRows = 60;

/** The page as blocks. */
export const pageBlocks = (page: Page, command = 'iptlint explain'): readonly Block[] => [
  heading(1, `${page.name}: IPv${page.family} rules`),
  paragraph(
    `${count(page.tables.length, 'table')} (${listed(page.tables)}), ${count(page.chainCount, 'chain')}, ${count(page.ruleCount, 'rule')}. A dump tells of one network namespace: containers have their own.`,
  ),
  ...(page.isPartlyUnread ? [paragraph('Not all of the text could be read: what is told here may lack something.')] : []),
  ...hookBlocks(page),
  ...page.exposure.flatMap((exposed) => exposureBlocks(exposed, page.isProved, page.dropsElsewhere.length > 0)),
  ...translationBlocks(page),
  ...(page.kubernetes ? kubernetesBlocks(page.kubernetes) : []),
  ...(page.policies ? policyBlocks(page.policies) : []),
  ...publishedBlocks(page.published, page.reached),
  ...programBlocks(page.programs),
  heading(2, 'The way of a packet'),
  ...pathBlocks(page.path),
  heading(2, 'The chains'),
  ...(!page.isShort ? [aside(`Chains that programs manage are left out here; ${command} --chain TABLE/CHAIN explains one.`)] : []),
  ...(page.handing.length > 0 ? [aside(`These only hand every packet on to such chains: ${page.handing.join(', ')}.`)] : []),
  ...page.chains.flatMap((chain) => chainBlocks(chain, 3, command)),
];

/** The way of a packet as blocks. */
export const pathBlocks = (path: readonly PathStep[]): readonly Block[] => [
  { kind: 'diagram', lines: pathDiagram(path) },
  ...(path.some(({ tables }) => tables.some(({ table }) => table === 'nat'))
    ? [aside('Only the first packet of a connection asks nat; the others are translated alike by connection tracking.')]
    : []),
];

const hookBlocks = ({ hooks, dropsElsewhere }: Page): readonly Block[] => [
  heading(2, 'What is guarded'),
  hooks.length === 0
    ? paragraph(`There is no filter table here${dropsElsewhere.length > 0 ? '.' : ': nothing is filtered by these rules.'}`)
    : {
        kind: 'table',
        columns: ['Hook', 'Packets', 'Policy', 'Rules', 'In the end'],
        rows: hooks.map(({ hook, policy, rules, otherwise }) => [
          hook,
          seenAt(hook).replace(/^packets /, ''),
          policy ?? '?',
          String(rules),
          otherwise,
        ]),
      },
  ...(dropsElsewhere.length > 0
    ? [
        paragraph(
          `Outside the filter table packets are dropped, too: ${listed(dropsElsewhere.map(({ chain, lines: at }) => `${chain} (${at.length === 1 ? 'line' : 'lines'} ${some(at.map(String))})`))}.`,
        ),
      ]
    : []),
];

const titles: Readonly<Record<string, string>> = {
  INPUT: 'What is open on this host (INPUT)',
  FORWARD: 'What may pass through (FORWARD)',
  OUTPUT: 'What this host may send (OUTPUT)',
};

const exposureBlocks = (
  { hook, rows, refusedFirst, delegated, isCut }: ExposedHook,
  isProved: boolean,
  isDroppedElsewhere: boolean,
): readonly Block[] => [
  heading(2, titles[hook]!),
  ...(isOpen(rows)
    ? [
        paragraph(
          delegated.length > 0
            ? 'Everything that the programs below do not refuse: the policy accepts.'
            : `Everything${isDroppedElsewhere ? ' that comes this far' : ''}: no rule ${isDroppedElsewhere ? 'of the filter table ' : ''}refuses anything, and the policy accepts.`,
        ),
      ]
    : rows.length === 0
      ? [
          paragraph(
            isCut
              ? 'On the ways that were looked at, no rule accepts new connections.'
              : 'No rule accepts new connections, and what is left is refused.',
          ),
        ]
      : [
          {
            kind: 'table' as const,
            columns: ['Service', 'From', 'To', 'Arriving on', 'Leaving by', 'Only', 'Line'],
            rows: rows
              .slice(0, mostRows)
              .map((row) => [
                row.service,
                some(row.from),
                row.to,
                row.arriving,
                row.leaving,
                row.only,
                row.lines.length === 0 ? 'policy' : some(row.lines.map(String)),
              ]),
          },
        ]),
  ...(rows.length > mostRows ? [aside(`... and ${rows.length - mostRows} more rows.`)] : []),
  ...(delegated.length > 0
    ? [
        aside(
          `${listed(delegated.map(({ program, lines: from }) => `${program} (${from.length === 1 ? 'line' : 'lines'} ${some(from.map(String))})`))} ${delegated.length === 1 ? 'has' : 'have'} a say, too: what ${delegated.length === 1 ? 'its' : 'their'} chains do is not in this table.`,
        ),
      ]
    : []),
  ...(isCut ? [aside('There are more ways through these chains than were looked at.')] : []),
  ...(rows.length > 0 && !isOpen(rows)
    ? [
        aside(
          `New connections, by the rules one by one${
            refusedFirst.length > 0
              ? `; ${refusedFirst.length === 1 ? `line ${refusedFirst[0]} refuses` : `${refusedFirst.length} rules (lines ${some(refusedFirst.map(String))}) refuse`} some of it first, which is not taken away here`
              : ''
          }. Loopback is left out${isProved ? ', and so are rules that no packet reaches' : ''}.`,
        ),
      ]
    : []),
];

/** "a, b, c and 9 more". */
const some = (words: readonly string[], most = 4): string =>
  words.length <= most + 1 ? words.join(', ') : `${words.slice(0, most).join(', ')} and ${words.length - most} more`;

const translationBlocks = ({ translations, managedTranslations }: Page): readonly Block[] => {
  if (translations.length + managedTranslations.length === 0) return [];
  return [
    heading(2, 'What is translated'),
    ...(translations.length > 0 ? [ruleLines(translations.slice(0, mostRows), false)] : []),
    ...(translations.length > mostRows ? [aside(`... and ${translations.length - mostRows} more rules.`)] : []),
    ...(managedTranslations.length > 0
      ? [
          paragraph(
            `${listed(managedTranslations.map(({ program, rules }) => `${rules} ${translations.length > 0 ? 'more ' : ''}${rules === 1 ? 'rule' : 'rules'} of ${program}`))} ${managedTranslations.length === 1 && managedTranslations[0]!.rules === 1 ? 'translates' : 'translate'}.`,
          ),
        ]
      : []),
  ];
};

const percent = (share: number): string => (share === 1 ? 'all' : `${Number((share * 100).toFixed(1))} %`);

const kubernetesBlocks = ({ mode, services, notVisible }: Services): readonly Block[] => {
  // What holds of all services is said once, below the table.
  const spread = services.filter(({ endpoints }) => endpoints.length > 0);
  const common =
    spread.length > 1 ? (spread[0]!.masqueraded.filter((who) => spread.every(({ masqueraded }) => masqueraded.includes(who))) ?? []) : [];
  const hairpins = spread.flatMap(({ endpoints }) => endpoints).every(({ hairpin }) => hairpin);
  return [
    heading(2, 'Kubernetes services'),
    ...(notVisible ? [paragraph(notVisible)] : []),
    ...(services.length > 0
      ? [
          {
            kind: 'table' as const,
            columns: [
              'Service',
              'Proto',
              'Cluster address',
              'Node port',
              'External',
              ...(mode === 'iptables' ? ['Endpoints', 'Share', 'Notes'] : []),
            ],
            rows: services
              .slice(0, mostServices)
              .map((service) => [
                service.name ?? service.chain ?? '',
                service.protocol ?? '',
                service.cluster.join('\n'),
                service.nodePorts.join('\n'),
                service.external.join('\n'),
                ...(mode === 'iptables' ? [...endpointCells(service), notesOf(service, common, hairpins)] : []),
              ]),
          },
        ]
      : []),
    ...(services.length > mostServices ? [aside(`... and ${services.length - mostServices} more services.`)] : []),
    ...(spread.length > 0
      ? [
          aside(
            [
              'Shares are of new connections, the probabilities of the rules multiplied out.',
              ...(common.length > 0 ? [`Masqueraded at every service with endpoints: ${common.join(', ')}.`] : []),
              hairpins
                ? 'Every endpoint has its hairpin rule: a pod that calls itself through the service is masqueraded.'
                : 'Without a hairpin rule a pod cannot call itself through the service.',
            ].join(' '),
          ),
        ]
      : []),
  ];
};

const mostServices = 500;
/** Endpoints told one by one; more are summed up. */
const mostEndpoints = 12;

const endpointCells = ({ endpoints, refused }: Service): readonly [string, string] => {
  if (endpoints.length === 0) return [refused ? 'none' : 'none in these rules', ''];
  const shown = endpoints.slice(0, mostEndpoints);
  return [
    [
      ...shown.map(({ address }) => address),
      ...(endpoints.length > mostEndpoints ? [`and ${endpoints.length - mostEndpoints} more`] : []),
    ].join('\n'),
    shown.map(({ share }) => percent(share)).join('\n'),
  ];
};

const notesOf = (
  { affinity, masqueraded, localOnly, allowedSources, refused, endpoints }: Service,
  common: readonly string[],
  hairpins: boolean,
): string => {
  const without = endpoints.filter(({ hairpin }) => !hairpin);
  const own = masqueraded.filter((who) => !common.includes(who));
  return [
    ...(refused ? [refused] : []),
    ...(affinity === null ? [] : [`a client keeps its endpoint${affinity > 0 ? ` for ${affinity} s` : ''}`]),
    ...(own.length > 0 ? [`masqueraded: ${own.join(', ')}`] : []),
    ...(localOnly ? ['from outside: endpoints on this node only'] : []),
    ...(allowedSources.length > 0 ? [`load balancer open to ${some(allowedSources)}`] : []),
    ...(!hairpins && without.length > 0
      ? [`no hairpin rule: ${without.length === endpoints.length ? 'all' : some(without.map(({ address }) => address))}`]
      : []),
  ].join('\n');
};

const policyBlocks = ({ pods, policies }: NetworkPolicies): readonly Block[] => [
  heading(2, 'Network policies'),
  ...(pods.length > 0
    ? [
        {
          kind: 'table' as const,
          columns: ['Pod', 'Address', 'To the pod', 'From the pod', 'What no policy allows'],
          rows: pods.map(({ pod, address, ingress, egress, otherwise }) => [
            pod,
            address ?? '',
            ingress.join('\n'),
            egress.join('\n'),
            otherwise ? `is ${otherwise}` : '',
          ]),
        },
      ]
    : []),
  ...(policies.length > 0
    ? [
        list(
          policies.map(
            ({ policy, chain, direction, rules, pods: asking }) =>
              `${policy}${policy === chain ? '' : ` (${chain})`}${direction === null ? '' : `, traffic ${direction} pods`}: ${count(rules, 'rule')}, asked for ${asking.length === 0 ? 'no pod' : count(asking.length, 'pod')}`,
          ),
        ),
      ]
    : []),
];

/** "anywhere", "nobody: line 21 refuses it". */
const reachedWords = (reached: Reached | undefined): string => {
  if (!reached) return 'nobody from outside';
  if (reached.from.length > 0) return reached.from.length > 3 ? `${reached.from.slice(0, 3).join(', ')} ...` : reached.from.join(', ');
  const lines = reached.refusedBy.filter((by) => by !== 'policy').map(String);
  const by = [
    ...(lines.length > 0 ? [`line${lines.length > 1 ? 's' : ''} ${some(lines)}`] : []),
    ...(reached.refusedBy.includes('policy') ? ['policy'] : []),
  ];
  return `nobody: ${by.length === 0 ? 'nothing lets it through' : `${listed(by)} ${by.length + lines.length > 2 ? 'refuse' : 'refuses'} it`}`;
};

const publishedBlocks = (published: readonly PublishedPort[], reached: readonly Reached[] | null): readonly Block[] =>
  published.length === 0
    ? []
    : [
        heading(2, 'Published ports of containers'),
        {
          kind: 'table',
          columns: ['Host', 'Proto', 'Container', 'Reached from', 'Bridge', 'Name', 'By', 'Line'],
          rows: published
            .slice(0, 200)
            .map(({ host, protocol, container, bridge, name, program, line }) => [
              host,
              protocol ?? 'any',
              container,
              reached ? reachedWords(reached.find((one) => one.line === line)) : '',
              bridge ?? '',
              name ?? '',
              program,
              String(line),
            ]),
        },
        ...(published.length > 200 ? [aside(`... and ${published.length - 200} more.`)] : []),
        aside('Translated before the filter table is asked: INPUT never sees these packets, FORWARD does.'),
      ];

const programBlocks = (programs: readonly Program[]): readonly Block[] =>
  programs.length === 0
    ? []
    : [
        heading(2, 'Who made what'),
        ...programs.flatMap(({ name, chains, rulesElsewhere, elsewhere }) => [
          heading(3, name),
          list([
            ...chains.map(
              ({ purpose, names }) =>
                `${names.length > 4 ? `${names.slice(0, 2).join(', ')} and ${names.length - 2} more` : names.join(', ')}: ${purpose}`,
            ),
            ...(rulesElsewhere > 0
              ? [`${count(rulesElsewhere, 'rule')} in ${elsewhere.length > 5 ? `${elsewhere.length} other chains` : listed(elsewhere)}`]
              : []),
          ]),
        ]),
      ];

/** Sentences with their line numbers; `written`: the rules as they stand below them. */
export const ruleLines = (rules: readonly ExplainedRule[], written: boolean): Block => ({
  kind: 'lines',
  items: rules.map(({ line, sentence, comments, text, isDead }) => ({
    label: String(line),
    text: [sentence, ...(isDead ? ['No packet reaches it.'] : []), ...sayComments(comments)].join(' '),
    ...(written ? { detail: text } : {}),
  })),
});

/** Marks that programs leave for themselves: nobody else can read them. */
const isMark = (comment: string): boolean => /^cali:[\w-]{16}$/.test(comment);

const sayComments = (comments: readonly string[]): readonly string[] => {
  const told = comments.filter((comment) => !isMark(comment));
  return told.length > 0 ? [`Comment: ${told.map(sayQuoted).join(', ')}.`] : [];
};

/** A chain as blocks. */
export const chainBlocks = (chain: ExplainedChain, level: 1 | 3, command = 'iptlint explain'): readonly Block[] => {
  const about = [
    chain.hook ? `Sees ${seenAt(chain.hook, chain.table)}.` : '',
    chain.owner ? `${chain.owner.name}: ${chain.owner.purpose}.` : '',
    chain.summary,
    ...chain.calledBy,
    // "It drops whatever comes to it" says it already.
    chain.summary.includes('whatever comes to it') ? '' : chain.fallsThrough,
  ].filter((part) => part !== '');
  return [
    heading(level, `${chain.table}/${chain.chain}${chain.policy ? `, policy ${chain.policy}` : ''}`),
    paragraph(about.join(' ')),
    ...(chain.rules.length > 0 ? [ruleLines(chain.rules, false)] : []),
    ...(chain.ruleCount > chain.rules.length
      ? [aside(`... and ${chain.ruleCount - chain.rules.length} more rules: ${command} --chain ${chain.table}/${chain.chain}`)]
      : []),
  ];
};

/** What a command does with the rule that follows; nothing for those that add one. */
const sayCommand = ({ does, at, chain }: ExplainedLine): string => {
  if (does === 'inserts')
    return at === undefined || at === 1
      ? `The command puts this first in ${chain}: `
      : `The command puts this as rule ${at} into ${chain}: `;
  if (does === 'replaces') return `The command puts this in the place of rule ${at ?? '?'} of ${chain}: `;
  if (does === 'deletes') return `The command deletes ${at === undefined ? 'this rule' : `rule ${at}`} from ${chain}: `;
  return does === 'checks' ? `The command asks whether ${chain} holds this rule: ` : '';
};

/** One rule as blocks; `isPlaced`: it stands on a line of a file. */
export const lineBlocks = (rule: ExplainedLine, isPlaced: boolean): readonly Block[] => {
  const place = `${rule.table}/${rule.chain}${isPlaced ? `, rule ${rule.number} of ${rule.of}${rule.policy ? `, policy ${rule.policy}` : ''}` : ''}`;
  const { takenBy } = rule;
  const about = [
    ...(takenBy
      ? [
          `No packet reaches it${takenBy.length > 0 ? `: ${takenBy.length === 1 ? 'line' : 'lines'} ${some(takenBy.map(String))} ${takenBy.length === 1 ? 'takes' : 'take'} all of them first` : ''}.`,
        ]
      : []),
    ...rule.comments.map((comment) => `Comment: ${sayQuoted(comment)}.`),
    ...(rule.owner ? [`${rule.owner.name}: ${rule.owner.purpose}.`] : []),
    ...(isPlaced ? rule.calledBy : []),
  ];
  return [
    ...(isPlaced ? [heading(3, `Line ${rule.line} (${place})`)] : []),
    paragraph(`${sayCommand(rule)}${rule.sentence}`),
    ...(about.length > 0 ? [paragraph(about.join(' '))] : []),
    ...(rule.problems.length > 0 ? [list(rule.problems.map((problem) => `iptables does not take it so: ${problem}`))] : []),
    aside(rule.text),
  ];
};
