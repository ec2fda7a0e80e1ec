/** Where a fault of ours happened, in the places of our sources: those of the bundle tell nothing. */
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';
import { readText } from './io.js';

/** The stack with each place of the bundle put back into its source by the map beside it; as it is where there is none. */
export const inSources = (stack: string): string => {
  const map = readText(fileURLToPath(new URL('./program.cjs.map', import.meta.url)));
  if ('fault' in map) return stack;
  const places = new SourceMap(JSON.parse(map.text));
  // Names of functions are the bundle's, too: they go.
  return stack.replace(/(?:\S+ )*\(?\S*program\.cjs:(\d+):(\d+)\)?/g, (whole, line: string, column: string) => {
    const place = places.findEntry(Number(line) - 1, Number(column) - 1);
    if (!('originalSource' in place)) return whole;
    const source = place.originalSource.replace(/^(?:\.\.\/)+/, '');
    return `at ${source}:${place.originalLine + 1}:${place.originalColumn + 1}`;
  });
};
