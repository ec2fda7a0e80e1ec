/**
 * Bundles the program into dist, or into the folder that is named: the program in one file, a small one that loads it together with its compiled
 * code (src/commands/loader.ts), the door, and the threads for fleets. Then everything that it does is done once, and what V8 compiled is kept.
 */
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** What yargs prepares for its own messages (locales, emoji widths, 10 ms) goes with nobody asking for it. */
const parserAlone = {
  name: 'parser-alone',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /platform-shims\/esm\.mjs$/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      if (pluginData === 'asked') return;
      const found = await resolve(path, { kind, importer, resolveDir, pluginData: 'asked' });
      return { path: found.path, sideEffects: false };
    });
  },
};

const outdir = process.argv[2] ?? here('dist');
rmSync(join(outdir, 'compiled'), { recursive: true, force: true });

// Names are kept, so that a stack trace still says where. (Whole minifying saves nothing more at run time.)
const common = {
  absWorkingDir: here(''),
  outdir,
  bundle: true,
  platform: 'node',
  target: 'node20',
  charset: 'ascii',
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: 'warning',
};

// CommonJS, since only a script can be loaded with its compiled code; parts that a command asks for still run when it asks for them.
await build({
  ...common,
  entryPoints: [{ in: 'src/commands/program.ts', out: 'program' }],
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  define: { 'import.meta.url': 'moduleUrl' },
  // yaml's form for Node is CommonJS and asks for more than its other form.
  alias: { yaml: here('node_modules/yaml/browser/index.js') },
  plugins: [parserAlone],
});
const program = readFileSync(join(outdir, 'program.cjs'));

await build({
  ...common,
  entryPoints: [
    { in: 'src/cli.ts', out: 'cli' },
    { in: 'src/commands/loader.ts', out: 'loader' },
    { in: 'src/commands/fleet-worker.ts', out: 'fleet-worker' },
    // tinypool looks for its worker beside the file that it is bundled into.
    { in: 'node_modules/tinypool/dist/entry/worker.js', out: 'entry/worker' },
  ],
  format: 'esm',
  define: { BUILD: JSON.stringify(createHash('sha256').update(program).digest('hex').slice(0, 16)) },
});

const rules = `*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 192.0.2.10:80
-A POSTROUTING -s 192.0.2.0/24 -o eth0 -j MASQUERADE
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:ssh - [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m multiport --dports 80,443 -m comment --comment "web" -j ACCEPT
-A INPUT -s 198.51.100.0/24 -p tcp -m tcp --dport 22 -j ssh
-A INPUT -s 198.51.100.7/32 -p tcp -m tcp --dport 443 -j DROP
-A ssh -m limit --limit 3/min -j LOG --log-prefix "ssh "
-A ssh -j ACCEPT
COMMIT
`;
const { program: built, keep } = (await import(pathToFileURL(join(outdir, 'loader.js')).href)).loadProgram(true);
const output = { isTerminal: false, columns: null, write: () => {} };
const stdin = { isTerminal: false, read: async () => Buffer.from(rules) };
const streams = { stdin, stdout: output, stderr: output, env: {}, cwd: outdir };
for (const words of [
  '-f json',
  '',
  'explain',
  'fmt',
  'rules shadowed-rule',
  'query --per-rule -f jsonl -',
  'query --exposure -',
  'explain --line 5',
])
  await built.main(words.split(' ').filter(Boolean), streams);
await built.main(['trace', '-', 'tcp 198.51.100.9:40000 > 192.0.2.1:22 in eth0'], streams);
await built.main(['query', '-', 'to port 22 in INPUT'], streams);
keep();
