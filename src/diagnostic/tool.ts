/** The tool's own name and version, for reports and --version; a test holds the version to package.json. */
export const tool = { name: 'iptlint', version: '0.1.0' } as const;
