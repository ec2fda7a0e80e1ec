/** The one door of the language: the rest of the program enters grammar/ here. */
export type { Backend, Effect, Given, MatchSpec, OptionSpec, Phrase, Place, Slot, TargetSpec } from './extensions/define.js';
export { type ConnectionState, connectionStates, connectionStatusBits } from './netfilter/conntrack.js';
export { addressWidth, type Family, programName } from './netfilter/families.js';
export { type Hook, hooks, hooksWithInInterface, hooksWithOutInterface, isHook } from './netfilter/hooks.js';
export { protocolName, protocolNumber, protocolsWithPorts } from './netfilter/protocols.js';
export { builtInChains, isTable, type TableName, tables, tablesAtHook } from './netfilter/tables.js';
export type { Policy, Verdict } from './netfilter/verdicts.js';
export { type Field, type FieldName, fields, isAddressField, type NameField, type NumberField } from './packet/fields.js';
export * from './packet/predicate.js';
export type { Rewrite } from './packet/rewrite.js';
export type { Problem } from './problem.js';
export { type Position, Source, type Span } from './source.js';
export type * from './syntax/ast.js';
export { highestAddress, type Network, parseAddress, prefixLength, prefixMask, printAddress, printNetwork } from './values/address.js';
export { Fault } from './values/value.js';
export { parse, type ParseOptions, type ParseResult } from './syntax/parse.js';
export { givenOf, meaningContext } from './extensions/given.js';
