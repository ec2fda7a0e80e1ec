/** `iptlint explain [FILE]`: a ruleset, a chain, a line or a rule given as text, in plain language. */
import type { DocumentNode, Family } from '../../grammar/index.js';
import { tool } from '../diagnostic/tool.js';
import type { Block } from '../explain/layout.js';
import type { ExplainedLine } from '../explain/line.js';
import type { Ipsets } from '../model/ipset.js';
import type { Chain, Ruleset } from '../model/ruleset.js';
import { colorsFor } from '../reporters/colors.js';
import { closest } from '../util/closest.js';
import { type Command, type Given, type Outside, UsageError } from './command.js';
import { shortHelp } from './help.js';
import { basename, decode, kindOf, namesIn, type Reading, readText, resolve, shownPath } from './io.js';
import { wantsColor, widthOf } from './terminal.js';

export const explain: Command = {
  name: 'explain',
  usage: '[FILE]',
  words: 1,
  summary: 'say in plain language what a ruleset, a chain or a rule does',
  about: `Explains a whole ruleset as a page: which hooks are guarded, what is open to whom, what is translated, Kubernetes services and published ports, which \
program made which chains, the way of a packet, and every chain that no program manages. --chain, --line, --rule and --path explain less: one chain, the rule \
on one line, a rule out of your shell's history, or the way of a packet alone.`,
  flags: {
    chain: { value: 'TABLE/CHAIN', says: 'explain one chain: filter/INPUT, or DOCKER-USER', group: 'What' },
    line: { value: 'N', says: 'explain the rule on this line', group: 'What' },
    rule: {
      value: 'TEXT',
      says: "explain a rule given as text: 'iptables -t nat -A ...', '-A INPUT ...' or its words alone",
      group: 'What',
    },
    path: { says: 'show how a packet travels: the hooks and tables that the ruleset uses', group: 'What' },
    ipset: { value: 'FILE', says: 'ipset save of the host: the services of kube-proxy in ipvs mode', group: 'Input' },
    family: { value: '4|6', choices: ['4', '6'], says: 'address family, whatever the text seems to be', group: 'Input' },
    'stdin-filename': { value: 'NAME', says: 'name of standard input', group: 'Input' },
    format: { short: 'f', value: 'NAME', choices: ['full', 'markdown', 'json'], says: 'full (text), markdown or json', group: 'Output' },
  },
  examples: [
    ['iptlint explain rules.v4', 'the whole ruleset as a page'],
    ['sudo iptables-save | iptlint explain --chain nat/POSTROUTING', 'one chain of the running rules'],
    ["iptlint explain --rule 'iptables -A INPUT -p tcp --dport 22 -m limit -j ACCEPT'", 'a rule in one sentence'],
  ],
  run: (given, outside) => runExplain(given, outside),
};

const runExplain = async (given: Given, outside: Outside): Promise<number> => {
  const { stdin, stdout, stderr, cwd, env } = outside.streams;
  const [word] = given.words;
  const rule = given.value('rule');
  const line = given.value('line');
  const chainName = given.value('chain');
  if ([rule, line, chainName, given.has('path') ? '' : null].filter((value) => value !== null).length > 1)
    throw new UsageError('give one of --chain, --line, --rule and --path');
  if (line !== null && !/^[1-9]\d*$/.test(line)) throw new UsageError(`--line takes the number of a line, not ${line}`);
  if (word === undefined && rule === null && stdin.isTerminal) {
    stderr.write(shortHelp);
    return 2;
  }
  const { Fault, parse } = await import('../../grammar/index.js');
  const told = given.value('family');
  const family = told === null ? null : (Number(told) as Family);
  const format = given.value('format') ?? 'full';
  const colors = await colorsFor(wantsColor(stdout, env, given.value('color')));
  const { toMarkdown, toText } = await import('../explain/layout.js');
  const write = (blocks: readonly Block[], data: () => object): void => {
    if (format === 'json') stdout.write(`${JSON.stringify({ version: 1, tool, ...data() }, jsonValue, 2)}\n`);
    else if (format === 'markdown') stdout.write(`${toMarkdown(blocks)}\n`);
    else stdout.write(`${toText(blocks, widthOf(stdout), { strong: colors.bold, faint: colors.dim })}\n`);
  };

  // a. What there is to read: a file, a bundle's folder, standard input; nothing where the rule is all that is given.
  let isPartlyUnread = false;
  const documents: { readonly name: string; readonly document: DocumentNode }[] = [];
  for (const { name, reading, isV6 } of word === undefined && rule !== null ? [] : await textsOf(word, given, outside)) {
    if ('fault' in reading) {
      stderr.write(`iptlint: ${name}: ${reading.fault}\n`);
      return 3;
    }
    documents.push({ name, document: parse(reading.text, { name, ...(family ? { family } : isV6 ? { likelyFamily: 6 } : {}) }).document });
  }

  // b. One rule: no other rule is asked what it means.
  if (line !== null || rule !== null) {
    const { explainLine, explainText } = await import('../explain/line.js');
    const { resolve: resolveRules } = await import('../model/resolve.js');
    const explained =
      line !== null
        ? documents.map(({ document }) => explainLine(document, Number(line)))[0]!
        : explainText(rule!, family, documents[0] ? (resolveRules(documents[0].document).rulesets[0] ?? null) : null);
    if (explained instanceof Fault) throw new UsageError(explained.message);
    const rules: readonly ExplainedLine[] = Array.isArray(explained) ? explained : [explained as ExplainedLine];
    const { lineBlocks } = await import('../explain/page.js');
    write(
      rules.flatMap((each) => lineBlocks(each, line !== null)),
      () => ({ rules }),
    );
    return 0;
  }

  const { resolve: resolveRules } = await import('../model/resolve.js');
  const rulesets: Ruleset[] = [];
  for (const { name, document } of documents) {
    const found = resolveRules(document).rulesets;
    if (found.some(({ whole }) => !whole)) {
      stderr.write(`iptlint: ${name}: not all of it could be read; iptlint ${name} tells where\n`);
      isPartlyUnread = true;
    }
    if (found.length === 0) stderr.write(`iptlint: ${name}: holds no rules\n`);
    rulesets.push(...found);
  }

  // c. One chain.
  if (chainName !== null) {
    const { explainChain } = await import('../explain/chain.js');
    const { chainBlocks } = await import('../explain/page.js');
    const chains = chainsNamed(rulesets, chainName).map((chain) => ({
      family: chain.table.ruleset.family,
      path: chain.table.ruleset.source.name,
      ...explainChain(chain),
    }));
    write(
      chains.flatMap((chain) => chainBlocks(chain, 1)),
      () => ({ chains }),
    );
    return isPartlyUnread ? 3 : 0;
  }

  // d. The way of a packet.
  if (given.has('path')) {
    const { pathOf } = await import('../explain/path.js');
    const { pathBlocks } = await import('../explain/page.js');
    const paths = rulesets.map((ruleset) => ({ name: ruleset.source.name, family: ruleset.family, path: pathOf(ruleset) }));
    write(
      paths.flatMap(({ name, family: of, path }) => [
        { kind: 'heading' as const, level: 1 as const, text: `${name}: IPv${of} rules` },
        ...pathBlocks(path),
      ]),
      () => ({ paths }),
    );
    return isPartlyUnread ? 3 : 0;
  }

  // e. Everything.
  let sets: Ipsets | null = null;
  const setsPath = given.value('ipset') ?? bundled(word, cwd, 'ipset-save');
  if (setsPath !== null) {
    const { readIpsets } = await import('../model/ipset.js');
    const reading = readText(resolve(cwd, setsPath));
    if ('fault' in reading) stderr.write(`iptlint: ${shownPath(setsPath, cwd)}: ${reading.fault}\n`);
    else sets = readIpsets(reading.text);
    if ('fault' in reading || (sets && sets.problems.length > 0)) isPartlyUnread = true;
    for (const problem of sets?.problems ?? [])
      stderr.write(`iptlint: ${shownPath(setsPath, cwd)}: line ${problem.line}: ${problem.message}\n`);
  }
  const { explainRuleset, pageBlocks } = await import('../explain/page.js');
  const mostRules = format === 'json' ? Number.POSITIVE_INFINITY : 25;
  const { factsOf } = await import('../analysis/facts.js');
  const { reachedOf } = await import('../query/reached.js');
  const { publishedPorts } = await import('../explain/published.js');
  const pages = rulesets.map((ruleset) => {
    // Proofs take seconds on rulesets of a hundred thousand rules; what is open is told without them there.
    const facts = ruleset.rules.length <= 20_000 ? factsOf(ruleset, { effort: 'low' }) : null;
    const reached = facts && publishedPorts(ruleset).length > 0 ? reachedOf(ruleset) : null;
    return explainRuleset(ruleset, { sets, mostRules, reached, ...(facts ? { isDead: (rule) => facts.status(rule) === 'dead' } : {}) });
  });
  const command = `iptlint explain${word === undefined || word === '-' ? '' : ` ${basename(word)}`}`;
  write(
    pages.flatMap((page) => pageBlocks(page, command)),
    () => ({ rulesets: pages }),
  );
  return isPartlyUnread ? 3 : 0;
};

const jsonValue = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

/** The texts that a word names. */
const textsOf = async (
  word: string | undefined,
  given: Given,
  { streams: { stdin, cwd } }: Outside,
): Promise<readonly { readonly name: string; readonly reading: Reading; readonly isV6?: boolean }[]> => {
  if (word === undefined || word === '-')
    return [{ name: given.value('stdin-filename') ?? '<stdin>', reading: decode(await stdin.read()) }];
  if (kindOf(resolve(cwd, word)) !== 'folder') return [{ name: shownPath(word, cwd), reading: readText(resolve(cwd, word)) }];
  const names = ['iptables-save', 'ip6tables-save'].filter((name) => namesIn(resolve(cwd, word)).includes(name));
  if (names.length === 0) throw new UsageError(`the folder ${word} holds neither iptables-save nor ip6tables-save`);
  return names.map((name) => ({
    name: shownPath(`${word}/${name}`, cwd),
    reading: readText(resolve(cwd, `${word}/${name}`)),
    isV6: name === 'ip6tables-save',
  }));
};

/** A further file of a bundle's folder. */
const bundled = (word: string | undefined, cwd: string, name: string): string | null =>
  word !== undefined && word !== '-' && kindOf(resolve(cwd, word)) === 'folder' && namesIn(resolve(cwd, word)).includes(name)
    ? `${word}/${name}`
    : null;

/** Chains by `TABLE/CHAIN`, or by name alone in every table. */
const chainsNamed = (rulesets: readonly Ruleset[], wanted: string): readonly Chain[] => {
  const slash = wanted.indexOf('/');
  const tables = rulesets.flatMap((ruleset) => [...ruleset.tables.values()]);
  const isNamed = (chain: Chain): boolean => chain.name === wanted || (slash > 0 && `${chain.table.name}/${chain.name}` === wanted);
  const all = tables.flatMap((table) => [...table.chains.values()]);
  const found = all.filter(isNamed);
  if (found.length > 0) return found;
  const near = closest(
    wanted,
    all.map((chain) => (slash > 0 ? `${chain.table.name}/${chain.name}` : chain.name)),
  );
  throw new UsageError(`there is no chain ${wanted}${near ? `; did you mean ${near}?` : ''}`);
};
