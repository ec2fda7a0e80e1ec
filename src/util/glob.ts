/** File and name patterns: `*` within a name, `**` across folders, `?` one character, `{a,b}` either. */

/** The pattern as a test of whole names. A pattern without a slash also fits the last part of a path. */
export const glob = (pattern: string): ((name: string) => boolean) => {
  const anywhere = !pattern.includes('/');
  let depth = 0;
  const source = pattern.replace(/\*\*\/|\*\*|[\s\S]/g, (part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    if (part === '{') {
      depth++;
      return '(?:';
    }
    if (part === '}' && depth > 0) {
      depth--;
      return ')';
    }
    if (part === ',' && depth > 0) return '|';
    return part.replace(/[.+^$()|[\]\\{}]/, '\\$&');
  });
  const whole = new RegExp(`^${anywhere ? '(?:.*/)?' : ''}${source}${')'.repeat(depth)}$`);
  return (name) => whole.test(name);
};
