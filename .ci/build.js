/**
 * Bundles the program into dist, or into the folder that is named: one file to start, parts that load when they are asked for, and the threads
 * for fleets beside them. It is written for a quick start: of yargs only its parser is wanted, and blanks and comments are left out, names kept,
 * so that a stack trace still says where. (Whole minifying saves nothing more at run time.)
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
// Parts are named after their content: those of earlier builds would stay, and be packed.
rmSync(join(outdir, 'chunks'), { recursive: true, force: true });

await build({
  absWorkingDir: here(''),
  entryPoints: [
    { in: 'src/cli.ts', out: 'cli' },
    // tinypool looks for its worker beside the file that it is bundled into; both stand where chunks stand.
    { in: 'src/commands/fleet-worker.ts', out: 'chunks/fleet-worker' },
    { in: 'node_modules/tinypool/dist/entry/worker.js', out: 'chunks/entry/worker' },
  ],
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  outdir,
  chunkNames: 'chunks/[name]-[hash]',
  minifySyntax: true,
  minifyWhitespace: true,
  // yaml's form for Node is CommonJS and asks for node:process by require, which a module cannot; its other form is a module throughout.
  alias: { yaml: here('node_modules/yaml/browser/index.js') },
  plugins: [parserAlone],
  logLevel: 'warning',
});
