/**
 * Bundles the program into dist, or into the folder that is named: the program in one file, a small one that loads it together with its compiled
 * code (src/commands/loader.ts), the door, and the threads for fleets. Then everything that it does is done once, and what V8 compiled is kept.
 */
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
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

const common = {
  absWorkingDir: here(''),
  outdir,
  bundle: true,
  platform: 'node',
  target: 'node20',
  charset: 'ascii',
  minifySyntax: true,
  minifyWhitespace: true,
  minifyIdentifiers: true,
  logLevel: 'warning',
};

// CommonJS, since only a script can be loaded with its compiled code; parts that a command asks for still run when it asks for them.
await build({
  ...common,
  entryPoints: [{ in: 'src/commands/program.ts', out: 'program' }],
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  define: { 'import.meta.url': 'moduleUrl' },
  banner: { js: '(function (exports, require, module, __filename, moduleUrl) {' },
  footer: { js: '})' },
  // With it the program tells a fault of its own by the places in its sources (commands/stack.ts).
  sourcemap: 'external',
  sourcesContent: false,
  // yaml's form for Node is CommonJS and asks for more than its other form.
  alias: { yaml: here('node_modules/yaml/browser/index.js') },
  plugins: [parserAlone],
});
const program = readFileSync(join(outdir, 'program.cjs'));

const define = { BUILD: JSON.stringify(createHash('sha256').update(program).digest('hex').slice(0, 16)) };

// CommonJS again: Node loads its parts for modules and promises of files, 4 ms, only where a module asks for them.
await build({
  ...common,
  entryPoints: [{ in: 'src/cli.ts', out: 'cli' }],
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  define: { ...define, 'import.meta.url': 'moduleUrl' },
  banner: { js: "const moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
});
// The door's name in the first plan.
writeFileSync(join(outdir, 'cli.js'), "#!/usr/bin/env node\nimport './cli.cjs';\n", { mode: 0o755 });

await build({
  ...common,
  entryPoints: [
    { in: 'src/commands/loader.ts', out: 'loader' },
    { in: 'src/commands/fleet-worker.ts', out: 'fleet-worker' },
    // tinypool looks for its worker beside the file that it is bundled into.
    { in: 'node_modules/tinypool/dist/entry/worker.js', out: 'entry/worker' },
  ],
  format: 'esm',
  define,
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
/** Long chains, and tens of short ones: what the engine does on large rulesets alone is compiled, too. */
const list = (count, line) => Array.from({ length: count }, (_, i) => line(i)).join('\n');
const large = `*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -s 203.0.113.0/24 -j DROP
COMMIT
*mangle
:FORWARD ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
-A POSTROUTING -o eth1 -j MARK --set-xmark 0x1/0x1
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:services - [0:0]
:mark - [0:0]
${list(80, (i) => `:service-${i} - [0:0]\n:endpoint-${i} - [0:0]`)}
-A PREROUTING -j services
-A OUTPUT -j services
-A POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE
-A mark -j MARK --set-xmark 0x4000/0x4000
${list(80, (i) => `-A services -d 192.0.2.${i}/32 -p tcp -m comment --comment "s${i}" -m tcp --dport ${80 + (i % 3)} -j service-${i}`)}
${list(80, (i) => `-A service-${i} ! -s 198.51.100.0/24 -d 192.0.2.${i}/32 -p tcp -m tcp --dport ${80 + (i % 3)} -j mark`)}
${list(80, (i) => `-A service-${i} -m statistic --mode random --probability 0.5 -j endpoint-${i}\n-A service-${i} -j endpoint-${(i + 1) % 80}`)}
${list(80, (i) => `-A endpoint-${i} -s 198.51.100.${i}/32 -j mark\n-A endpoint-${i} -p tcp -m tcp -j DNAT --to-destination 198.51.100.${i}:80`)}
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
${list(40, (i) => `:acl-${i} - [0:0]`)}
-A INPUT -s 203.0.113.7/32 -j ACCEPT
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
${list(40, (i) => `-A FORWARD -d 10.0.${i}.0/24 -j acl-${i}`)}
${list(300, (i) => `-A FORWARD -s 10.${i % 7}.${i % 250}.0/${24 + (i % 9)} -d 10.9.${i % 50}.0/24 -p ${i % 3 ? 'tcp -m tcp' : 'udp -m udp'} --dport ${i % 40}:${(i % 40) + (i % 5)} -j ${i % 4 ? 'ACCEPT' : 'DROP'}`)}
${list(400, (i) => `-A acl-${i % 40} -s 10.${i % 11}.0.0/16 -d 10.0.${i % 40}.${i % 200}/32 -p tcp -m multiport --dports ${1 + (i % 9)},${20 + (i % 5)} -j ${i % 3 ? 'ACCEPT' : 'DROP'}`)}
${list(400, (i) => `-A acl-${i % 40} -d 10.0.${i % 40}.${i % 50}/31 -p tcp -m tcp --dport ${i % 30} -j ${i % 5 ? 'ACCEPT' : 'RETURN'}`)}
COMMIT
`;
const { loadProgram } = await import(pathToFileURL(join(outdir, 'loader.js')).href);
const output = { isTerminal: false, columns: null, write: () => {} };
const streamsOf = (text) => ({
  stdin: { isTerminal: false, read: async () => Buffer.from(text) },
  stdout: output,
  stderr: output,
  env: {},
  cwd: outdir,
});
/** Runs calls on both rulesets, and keeps what was compiled. */
const keepAfter = async (part, calls) => {
  const { program: built, keep } = loadProgram(part);
  for (const text of [rules, large])
    for (const words of calls) if (text === rules || !isPage(words)) await built.main(words, streamsOf(text));
  keep();
};
/** Words of people, for which a large ruleset has nothing more to run. */
const isPage = ([first]) => ['explain', 'fmt', 'rules', 'trace'].includes(first);
const lint = [['-f', 'json'], []];
await keepAfter('lint', lint);
await keepAfter('all', [
  ...lint,
  ['explain'],
  ['fmt'],
  ['rules', 'shadowed-rule'],
  ['query', '--per-rule', '-f', 'jsonl', '-'],
  ['query', '--exposure', '-'],
  ['query', '-', 'to port 22 in INPUT'],
  ['explain', '--line', '5'],
  ['trace', '-', 'tcp 198.51.100.9:40000 > 192.0.2.1:22 in eth0'],
]);
