/** The check that tells silences that silence nothing: its page. It needs the others' findings and so lives beside suppress.ts, not among the rules. */
export const uselessSilence = {
  id: 'useless-silence',
  category: 'meta',
  level: 'info',
  summary: 'A comment asks iptlint to be silent where it has nothing to say, or cannot be read.',
  why: `A silence outlives its cause: the rule it was written for is mended or moved, the comment stays, and one day it hides a new fault
in the same place. One with a misspelt id never worked at all; that is told as a warning.`.replaceAll('\n', ' '),
  advice: 'Remove the comment, or correct the id in it. `iptlint rules` lists all ids.',
  examples: {
    find: [
      {
        title: 'nothing here to be silent about',
        text: '# iptlint: ignore-next-line[shadowed-rule] -- kept for the audit\n-A INPUT -p tcp --dport 22 -j ACCEPT',
      },
      { title: 'a misspelt id', text: '-A INPUT -m comment --comment "iptlint:ignore=shadowd-rule known" -j ACCEPT' },
    ],
    leave: [
      {
        title: 'the silence has its finding',
        text: '-A INPUT -s 192.0.2.0/24 -j DROP\n# iptlint: ignore-next-line[shadowed-rule] -- ticket 4711\n-A INPUT -s 192.0.2.7/32 -j ACCEPT',
      },
    ],
  },
} as const;
