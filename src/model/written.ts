/** What stands in the text where a typed value tells less: iptables drops host bits and cuts prefixes while it reads. */
import type { OptionNode, Source } from '../../grammar/index.js';

/** The value of a one-word option as written, without quotes. */
export const writtenValue = (source: Source, option: OptionNode): string => {
  const text = source.slice(option).replace(/^!\s*/, '');
  const value = /^(?:--[\w-]+(?:=|\s+)|-\w\s*)([\s\S]*)$/.exec(text)?.[1] ?? text;
  const trimmed = value.trim();
  if (trimmed.length > 1 && trimmed.startsWith('"') && trimmed.endsWith('"')) return trimmed.slice(1, -1).replace(/\\(.)/gs, '$1');
  if (trimmed.length > 1 && trimmed.startsWith("'") && trimmed.endsWith("'")) return trimmed.slice(1, -1);
  return trimmed;
};
