/** The one door of the language: the rest of the program enters grammar/ here. */
export { findTarget, matchSpecs, targetSpecs } from './extensions/catalogue.js';
export type { Backend, Effect, Given, MatchSpec, OptionSpec, Phrase, Place, Slot, TargetSpec, Use } from './extensions/define.js';
export { givenInPart, givenOf, meaningContext, type ReadOption } from './extensions/given.js';
export { type ConnectionState, connectionStates, connectionStatusBits, icmpMayBe, tcpMayBe } from './netfilter/conntrack.js';
export { addressWidth, type Family, programName } from './netfilter/families.js';
export { type Hook, hooks, hooksWithInInterface, hooksWithOutInterface, isHook } from './netfilter/hooks.js';
export { authenticationHeader, passedOver6, protocolName, protocolNumber, protocolsWithPorts } from './netfilter/protocols.js';
export { portByService, serviceByPort } from './netfilter/services.js';
export { builtInChains, isTable, type TableName, tables, tablesAtHook } from './netfilter/tables.js';
export type { Policy, Verdict } from './netfilter/verdicts.js';
export { type Field, type FieldName, fields, isAddressField, type NameField, type NumberField } from './packet/fields.js';
export * from './packet/predicate.js';
export type { Rewrite } from './packet/rewrite.js';
export type { Problem } from './problem.js';
export { type Position, Source, type Span } from './source.js';
export type * from './syntax/ast.js';
export { effectiveItems } from './syntax/effective.js';
export { outlined, targetOf } from './syntax/lazy-rule.js';
export {
  type GivenOption,
  type Outline,
  type Outlined,
  type OutlineOption,
  type OutlineTarget,
  type OutlineUse,
  optionIn,
  optionsIn,
  targetName,
  valueIn,
} from './syntax/outline.js';
export { couldBeExtension, isFromOutside, meantTarget } from './syntax/outside.js';
export { type ParseOptions, type ParseResult, parse } from './syntax/parse.js';
export { type PrintOptions, print } from './syntax/print.js';
export { isForOtherFamily, printMatch, printRule, printTarget } from './syntax/print-rule.js';
export {
  hadHostBits,
  highestAddress,
  type Network,
  parseAddress,
  prefixLength,
  prefixMask,
  printAddress,
  printNetwork,
} from './values/address.js';
export { printMac } from './values/mac.js';
export { byteLength, bytesOf, sayQuoted } from './values/text.js';
export { Fault } from './values/value.js';
