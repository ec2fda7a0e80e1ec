/** What reports are painted with: some of picocolors. */
import type picocolors from 'picocolors';

export type Colors = Readonly<
  Record<Extract<keyof typeof picocolors, 'bold' | 'dim' | 'red' | 'yellow' | 'cyan' | 'blue' | 'green'>, (text: string) => string>
>;

const asItIs = (text: string): string => text;

/** Paints nothing. */
export const noColors: Colors = { bold: asItIs, dim: asItIs, red: asItIs, yellow: asItIs, cyan: asItIs, blue: asItIs, green: asItIs };

/** Colours, or none. picocolors asks for standard output as it is loaded, which opens Node's stream for it (2 to 3 ms): so it is loaded to paint alone. */
export const colorsFor = async (wanted: boolean): Promise<Colors> =>
  wanted ? (await import('picocolors')).default.createColors(true) : noColors;
