/**
 * docs/recipes: what they tell people to run is run. A fenced block says how: `file=NAME` is a file that the recipe makes, `run` are
 * commands for a shell, `as=root` ones that want root (run in a network namespace of their own), `in=checkout` ones that start in this
 * repository. What only a service could run is taken out of its file, and its commands are run here.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { buildProgram, type Program, plainEnv, root } from '../helpers/program.js';

const recipes = join(root, 'docs/recipes');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

interface Block {
  readonly recipe: string;
  readonly language: string;
  readonly words: readonly string[];
  readonly text: string;
}
const blocks: readonly Block[] = readdirSync(recipes)
  .filter((file) => file.endsWith('.md'))
  .sort()
  .flatMap((recipe) =>
    [...readFileSync(join(recipes, recipe), 'utf8').matchAll(/^```(\w+)([^\n]*)\n([\s\S]*?)^```$/gm)].map(([, language, words, text]) => ({
      recipe,
      language: language!,
      words: words!.split(' ').filter(Boolean),
      text: text!,
    })),
  );
const fileOf = ({ words }: Block): string | undefined => words.find((word) => word.startsWith('file='))?.slice(5);

/** The text of a file that a recipe makes. */
const made = (recipe: string, file: string): string => {
  const block = blocks.find((candidate) => candidate.recipe === recipe && fileOf(candidate) === file);
  if (!block) throw new Error(`${recipe} makes no ${file}`);
  return block.text;
};

const sound = `*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p icmp -j ACCEPT
-A INPUT -s 192.0.2.0/24 -p tcp -m tcp --dport 22 -j ACCEPT
COMMIT
`;
const broken = sound.replace('COMMIT', '-A INPUT -j NOWHERE\nCOMMIT');

let program: Program;
const folders: string[] = [];
beforeAll(async () => {
  program = await buildProgram();
  writeFileSync(join(program.bin, 'sudo'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
});
afterAll(() => {
  program?.remove();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder with the files of a recipe and the rulesets of one host. */
const workplace = (recipe: string, rules = sound): string => {
  const folder = mkdtempSync(join(tmpdir(), 'iptlint-recipe-'));
  folders.push(folder);
  for (const block of blocks) {
    const file = fileOf(block);
    if (block.recipe !== recipe || file === undefined) continue;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), block.text);
    if (block.text.startsWith('#!')) chmodSync(join(folder, file), 0o755);
  }
  mkdirSync(join(folder, 'hosts'));
  writeFileSync(join(folder, 'hosts/rules.v4'), rules);
  return folder;
};

const shell = (script: string, cwd: string, env: Readonly<Record<string, string>> = {}, before: readonly string[] = []) => {
  const [command, ...words] = [...before, 'bash', '--noprofile', '--norc', '-euo', 'pipefail', '-c', script];
  const { status, stdout, stderr } = spawnSync(command!, words, { cwd, env: plainEnv(program, env), encoding: 'utf8' });
  return { status, output: stdout + stderr };
};

// A network namespace of its own: the rules of this machine are neither read nor changed.
const alone = ['unshare', '--net'];
const works = (...words: string[]): boolean => spawnSync(words[0]!, words.slice(1)).status === 0;
const isRoot = process.getuid?.() === 0;
const hasKernel = isRoot && works(...alone, 'sh', '-c', 'iptables-restore -n < /dev/null && iptables-save');
// Installing asks the registry for the dependencies and takes a while: a CI run does, or who asks for it.
const mayInstall = process.env.CI === 'true' || process.env.IPTLINT_TEST_INSTALL === '1';

describe('the blocks', () => {
  test('are marked with words that this test knows', () => {
    expect(blocks.length).toBeGreaterThan(10);
    for (const { words } of blocks) for (const word of words) expect(word).toMatch(/^(?:run|as=root|in=checkout|file=[\w./-]+)$/);
  });

  test('name this version', () => {
    const named = blocks.flatMap(({ text }) => [...text.matchAll(/iptlint[@-]v?(\d+\.\d+\.\d+)|rev: v(\S+)/g)].map(([, a, b]) => a ?? b));
    expect(named.length).toBeGreaterThan(3);
    expect(new Set(named)).toEqual(new Set([version]));
  });

  for (const [index, block] of blocks.entries()) {
    const { recipe, words, text } = block;
    if (!words.includes('run')) continue;
    const wantsRoot = words.includes('as=root');
    const wantsCheckout = words.includes('in=checkout');
    const reason =
      wantsRoot && !hasKernel ? 'wants root and iptables' : wantsCheckout && !mayInstall ? 'wants CI=true or IPTLINT_TEST_INSTALL=1' : '';
    test.skipIf(reason !== '')(
      `${recipe}, block ${index + 1}: ${text.split('\n')[0]}${reason && ` (skipped: ${reason})`}`,
      () => {
        const folder = workplace(recipe);
        if (wantsCheckout) {
          const checkout = join(folder, 'checkout');
          for (const path of ['.ci', 'grammar', 'src', 'package.json', 'tsconfig.json', '.npmrc'])
            cpSync(join(root, path), join(checkout, path), { recursive: true });
          symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'));
          const script = text.replaceAll('/tmp', folder);
          expect(shell(script, checkout, { npm_config_prefix: join(folder, 'installed') })).toMatchObject({ status: 0 });
          expect(shell(`${folder}/installed/bin/iptlint --version`, folder)).toEqual({ status: 0, output: `iptlint ${version}\n` });
        } else {
          const script = wantsRoot ? `printf '%s' "$RULES" | iptables-restore\n${text}` : text;
          const { status, output } = shell(
            script,
            folder,
            { RUNTIME_DIRECTORY: join(folder, 'run'), RULES: sound },
            wantsRoot ? alone : [],
          );
          expect(output).not.toMatch(/fault of iptlint|cannot|No such/);
          expect(status).toBe(0);
        }
      },
      120_000,
    );
  }
});

test('README.md lists every recipe, and the exit codes', () => {
  const text = readFileSync(join(recipes, 'README.md'), 'utf8');
  for (const recipe of new Set(blocks.map((block) => block.recipe))) if (recipe !== 'README.md') expect(text).toContain(`(${recipe})`);
});

describe('pre-commit.md', () => {
  test('names the hooks that there are', () => {
    const hooks: { id: string }[] = parse(readFileSync(join(root, '.pre-commit-hooks.yaml'), 'utf8'));
    const { repos } = parse(made('pre-commit.md', '.pre-commit-config.yaml'));
    expect(repos[0].hooks.map(({ id }: { id: string }) => id)).toEqual(hooks.map(({ id }) => id));
  });
});

describe('github.md', () => {
  test('gives the action inputs that it has, and lists them all', () => {
    const inputs = Object.keys(parse(readFileSync(join(root, 'action.yml'), 'utf8')).inputs);
    const { jobs } = parse(made('github.md', '.github/workflows/iptlint.yml'));
    expect(inputs).toEqual(expect.arrayContaining(Object.keys(jobs.iptlint.steps[1].with)));
    const listed = [...readFileSync(join(recipes, 'github.md'), 'utf8').matchAll(/^\| `([\w-]+)` \|/gm)].map(([, input]) => input);
    expect(listed.sort()).toEqual([...inputs].sort());
  });
});

describe('gitlab.md', () => {
  const { iptlint: job } = parse(made('gitlab.md', '.gitlab-ci.yml'));

  test.each([
    ['sound', sound, 0, []],
    ['broken', broken, 1, ['undefined-chain']],
  ] as const)('the script with a %s ruleset: exit code and both reports', (_name, rules, code, checks) => {
    const folder = workplace('gitlab.md', rules);
    expect(shell(job.script.join('\n'), folder, { GITLAB_CI: 'true', CI_PROJECT_DIR: folder }).status).toBe(code);
    const { codequality, junit } = job.artifacts.reports;
    const findings: { check_name: string; location: { path: string } }[] = JSON.parse(readFileSync(join(folder, codequality), 'utf8'));
    expect(findings.map(({ check_name, location }) => [check_name, location.path])).toEqual(
      checks.map((check) => [check, 'hosts/rules.v4']),
    );
    expect(readFileSync(join(folder, junit), 'utf8')).toContain('<testsuites');
  });
});

describe('jenkins.md', () => {
  test('the shell step finds what is wrong and leaves the reports that the build collects', () => {
    const text = made('jenkins.md', 'Jenkinsfile');
    const [install, lint] = [...text.matchAll(/^\s*sh '([^']+)'$/gm)].map(([, command]) => command!);
    const prefix = /--prefix (\S+)/.exec(install!)?.[1];
    const folder = workplace('jenkins.md', broken);
    mkdirSync(join(folder, prefix!, 'node_modules/.bin'), { recursive: true });
    symlinkSync(join(program.bin, 'iptlint'), join(folder, prefix!, 'node_modules/.bin/iptlint'));
    expect(shell(lint!, folder).status).toBe(1);
    for (const file of ['iptlint.xml', 'iptlint.sarif']) {
      expect(text).toMatch(new RegExp(`(?:testResults|pattern): '${file}'`));
      expect(readFileSync(join(folder, file), 'utf8')).toContain('undefined-chain');
    }
  });
});

describe('ansible.md', () => {
  const hasAnsible = works('ansible-playbook', '--version');
  const reason = !hasAnsible ? 'ansible is not installed' : !hasKernel ? 'wants root and iptables' : '';

  test.skipIf(reason !== '')(
    `the playbook fetches this host's rules and lints them${reason && ` (skipped: ${reason})`}`,
    () => {
      const play = (rules: string) => {
        const folder = workplace('ansible.md');
        writeFileSync(join(folder, 'inventory'), 'web1 ansible_connection=local\n');
        const script = `printf '%s' "$RULES" | iptables-restore\nansible-playbook -i inventory iptlint.yml`;
        const env = {
          RULES: rules,
          ANSIBLE_LOCAL_TEMP: join(folder, 'local'),
          ANSIBLE_REMOTE_TEMP: join(folder, 'remote'),
          LC_ALL: 'C.UTF-8',
          HOME: folder,
        };
        return { folder, ...shell(script, folder, env, alone) };
      };
      const { folder, status, output } = play(sound);
      expect(output).toMatch(/web1 +: ok=3 .*failed=0/);
      expect(status).toBe(0);
      const dump = readdirSync(join(folder, 'dumps/web1'));
      expect(dump).toEqual(expect.arrayContaining(['iptables-save', 'ip-addr.json', 'sysctl.txt']));
      expect(JSON.parse(readFileSync(join(folder, 'iptlint.sarif'), 'utf8')).runs[0].results).toEqual([]);
      const found = play(`${sound}*nat\n-A POSTROUTING -o eth0 -j MASQUERADE\nCOMMIT\n`);
      expect(found.output).toContain('warning[masquerade-without-random-fully]');
      expect(found.status).not.toBe(0);
    },
    180_000,
  );

  test('is YAML with the plays that the text tells of', () => {
    const plays = parse(made('ansible.md', 'iptlint.yml'));
    expect(plays.map(({ hosts }: { hosts: string }) => hosts)).toEqual(['all', 'localhost']);
  });
});

describe('host.md', () => {
  test('its script is one for any POSIX shell', () => {
    const folder = workplace('host.md');
    expect(works('sh', '-n', join(folder, 'iptlint-host'))).toBe(true);
  });

  test.skipIf(!hasKernel)(
    `its script lints what the host runs, sets and addresses beside it${hasKernel ? '' : ' (skipped: wants root and iptables)'}`,
    () => {
      const folder = workplace('host.md');
      const env = { RUNTIME_DIRECTORY: join(folder, 'run'), RULES: sound };
      const { status, output } = shell(`printf '%s' "$RULES" | iptables-restore\n./iptlint-host -o json=report.json`, folder, env, alone);
      expect(output).toMatch(/\n$/);
      expect(status).toBe(0);
      expect(readdirSync(join(folder, 'run'))).toEqual(expect.arrayContaining(['iptables-save', 'ip-addr.json', 'sysctl.txt']));
      const { inputs } = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'));
      expect(inputs[0]).toMatchObject({ family: 4, tables: ['filter'], rules: 4 });
    },
  );

  const hasSystemd = works('systemd-analyze', '--version');
  test.skipIf(!hasSystemd)(`its units are ones that systemd takes${hasSystemd ? '' : ' (skipped: systemd-analyze is not there)'}`, () => {
    const folder = workplace('host.md');
    // verify wants the program to be there.
    const service = made('host.md', 'iptlint.service').replace('/usr/local/sbin/iptlint-host', join(folder, 'iptlint-host'));
    writeFileSync(join(folder, 'iptlint.service'), service);
    const { status, output } = shell('systemd-analyze verify ./iptlint.service ./iptlint.timer', folder);
    expect(output).not.toMatch(/iptlint\.(?:service|timer)/);
    expect(status).toBe(0);
    const wrong = service.replace('Type=oneshot', 'Type=onceshot');
    writeFileSync(join(folder, 'iptlint.service'), wrong);
    expect(shell('systemd-analyze verify ./iptlint.service', folder).output).toContain('onceshot');
  });

  test.each([
    ['says nothing where nothing was found', 0, ''],
    ['prints the report where something was', 1, '100% wrong\n'],
  ])('its line for cron %s', (_words, code, mail) => {
    const line = made('host.md', 'iptlint.cron').split('\n')[1]!;
    const [, user, command] = /^(?:\S+ ){5}(\S+) (.*)$/.exec(line)!;
    expect(user).toBe('root');
    const folder = workplace('host.md');
    writeFileSync(join(folder, 'iptlint-host'), `#!/bin/sh\necho '100% wrong' >&2\nexit ${code}\n`);
    // cron takes the backslash from an escaped percent sign before the shell sees it; its shell stops at no error.
    const { status, output } = shell(`PATH=$PWD:$PATH sh -c "$COMMAND"`, folder, { COMMAND: command!.replaceAll('\\%', '%') });
    expect({ status, output }).toEqual({ status: 0, output: mail });
  });
});

describe('docker.md', () => {
  const lines = readFileSync(join(recipes, 'Dockerfile'), 'utf8').split('\n');

  test('the Dockerfile says that it was not built, and installs the package as README.md does', () => {
    expect(lines.filter((line) => line.startsWith('#')).join(' ')).toContain('not built');
    const commands = lines.filter((line) => line.startsWith('RUN ')).map((line) => line.slice(4));
    const [pack, install] = blocks
      .find(({ words }) => words.includes('in=checkout'))!
      .text.trim()
      .split('\n');
    expect(commands).toContain(pack);
    expect(commands.some((command) => command.startsWith(install!.replace('sudo ', '').replace(version, '*')))).toBe(true);
  });

  test('what is kept out of the image is not what the build reads', () => {
    const left = readFileSync(join(recipes, 'Dockerfile.dockerignore'), 'utf8').split('\n').filter(Boolean);
    for (const needed of ['.ci', 'package.json', 'package-lock.json', 'tsconfig.json', 'src', 'grammar', '.npmrc']) {
      expect(left).not.toContain(needed);
      expect(existsSync(join(root, needed))).toBe(true);
    }
  });
});
