/** The program as a command: built from the sources as it ships, in a folder of its own, for tests that call it as other programs do. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Program {
  /** A folder for PATH that holds the command `iptlint`. */
  readonly bin: string;
  /** The file that Node runs. */
  readonly cli: string;
  readonly remove: () => void;
}

export const buildProgram = async (): Promise<Program> => {
  const bin = mkdtempSync(join(tmpdir(), 'iptlint-program-'));
  execFileSync(process.execPath, [join(root, '.ci/build.js'), join(bin, 'dist')], { stdio: 'inherit' });
  writeFileSync(join(bin, 'package.json'), '{ "type": "module" }');
  const cli = join(bin, 'dist/cli.cjs');
  writeFileSync(join(bin, 'iptlint'), `#!/bin/sh\nexec "${process.execPath}" "${cli}" "$@"\n`);
  chmodSync(join(bin, 'iptlint'), 0o755);
  return { bin, cli, remove: () => rmSync(bin, { recursive: true, force: true }) };
};

/** The environment of a call, without what git, npm and CI services put there. */
export const plainEnv = (program: Program, more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:GIT_|GITHUB_|GITLAB_|CI$|npm_|NODE_OPTIONS|VITEST|FORCE_COLOR|NO_COLOR)/.test(name),
  );
  return { ...Object.fromEntries(kept), PATH: `${program.bin}:${process.env.PATH}`, ...more };
};
