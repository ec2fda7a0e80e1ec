/** The names of the forms, apart from the forms themselves so that --help loads none of them. */
export const formats = ['full', 'concise', 'json', 'jsonl', 'sarif', 'github', 'gitlab', 'junit', 'markdown'] as const;
export type Format = (typeof formats)[number];
