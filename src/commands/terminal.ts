/** What a stream can show: colour, hyperlinks, width. Decided for each stream on its own. */
import { UsageError } from './command.js';
import type { Output, Streams } from './io.js';

/** Whether to colour what goes to a stream: the flag, then NO_COLOR, then FORCE_COLOR, then whether it is a terminal that can. */
export const wantsColor = (stream: Output, env: Streams['env'], when: string | null): boolean => {
  if (when === 'always') return true;
  if (when === 'never' || env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '') return !['0', 'false'].includes(env.FORCE_COLOR);
  return stream.isTerminal && env.TERM !== 'dumb';
};

/** Whether the terminal shows OSC 8 hyperlinks: only those known to. */
export const wantsLinks = (stream: Output, env: Streams['env']): boolean => {
  if (env.FORCE_HYPERLINK) return env.FORCE_HYPERLINK !== '0';
  if (!stream.isTerminal || env.CI || env.TMUX || /^(?:screen|tmux|dumb|linux)/.test(env.TERM ?? '')) return false;
  return (
    Number(env.VTE_VERSION ?? 0) >= 5000 ||
    ['iTerm.app', 'WezTerm', 'vscode', 'ghostty', 'Hyper', 'Tabby', 'rio'].includes(env.TERM_PROGRAM ?? '') ||
    /^(?:xterm-kitty|xterm-ghostty|alacritty|foot)/.test(env.TERM ?? '') ||
    Boolean(env.KITTY_WINDOW_ID ?? env.WT_SESSION ?? env.KONSOLE_VERSION ?? env.DOMTERM)
  );
};

/** Columns to write to: the terminal's within reason, else 100, so that output into a file is the same everywhere. */
export const widthOf = ({ columns }: Output): number => (columns === null ? 100 : Math.min(160, Math.max(48, columns)));

/** The value of --color among flags that have not been read yet. */
export const colorFlag = (flags: readonly string[]): string | null => {
  const at = flags.findLastIndex((flag) => flag === '--color' || flag.startsWith('--color='));
  if (at < 0) return null;
  const value = flags[at] === '--color' ? flags[at + 1] : flags[at]!.slice('--color='.length);
  if (value === undefined || !['auto', 'always', 'never'].includes(value)) throw new UsageError('--color takes auto, always or never');
  return value;
};
