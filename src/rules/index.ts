/** The ordered list of checks: by category, alphabetical within one. A test fails when a file of this folder is missing here. */
import badJump from './bad-jump.js';
import badNegation from './bad-negation.js';
import badPolicy from './bad-policy.js';
import badValue from './bad-value.js';
import bridgeNfOff from './bridge-nf-off.js';
import brokenStatisticWeights from './broken-statistic-weights.js';
import byteOrderMark from './byte-order-mark.js';
import carriageReturn from './carriage-return.js';
import chainLoop from './chain-loop.js';
import chainName from './chain-name.js';
import commentMismatch from './comment-mismatch.js';
import conflictingRules from './conflicting-rules.js';
import conntrackFullSoon from './conntrack-full-soon.js';
import containerNetns from './container-netns.js';
import countedThoughDead from './counted-though-dead.js';
import type { Check } from './define.js';
import deprecatedMatch from './deprecated-match.js';
import deprecatedTarget from './deprecated-target.js';
import dnatNotForwarded from './dnat-not-forwarded.js';
import dockerBypassesInput from './docker-bypasses-input.js';
import dockerUserOrder from './docker-user-order.js';
import duplicateChain from './duplicate-chain.js';
import duplicateRule from './duplicate-rule.js';
import duplicateTable from './duplicate-table.js';
import extensionHeaderAsProtocol from './extension-header-as-protocol.js';
import failingCommand from './failing-command.js';
import filterBeforeDnat from './filter-before-dnat.js';
import foreignRuleInManagedChain from './foreign-rule-in-managed-chain.js';
import forwardDropBreaksPods from './forward-drop-breaks-pods.js';
import forwardingOff from './forwarding-off.js';
import fragmentWithPorts from './fragment-with-ports.js';
import hairpinMarkMissing from './hairpin-mark-missing.js';
import hostBitsSet from './host-bits-set.js';
import hotRuleLate from './hot-rule-late.js';
import icmpBlocked from './icmp-blocked.js';
import invalidRejected from './invalid-rejected.js';
import invertedLimit from './inverted-limit.js';
import invertedRange from './inverted-range.js';
import jumpNeverTaken from './jump-never-taken.js';
import jumpTooDeep from './jump-too-deep.js';
import jumpWithoutEffect from './jump-without-effect.js';
import limitWithoutEffect from './limit-without-effect.js';
import logPrefixTruncated from './log-prefix-truncated.js';
import logWithoutLimit from './log-without-limit.js';
import loopbackBlocked from './loopback-blocked.js';
import markLost from './mark-lost.js';
import markOverwritten from './mark-overwritten.js';
import masqueradeWithoutOutInterface from './masquerade-without-out-interface.js';
import masqueradeWithoutRandomFully from './masquerade-without-random-fully.js';
import mergeCidr from './merge-cidr.js';
import mergeMultiport from './merge-multiport.js';
import missingCommit from './missing-commit.js';
import missingOption from './missing-option.js';
import missingProtocol from './missing-protocol.js';
import missingSet from './missing-set.js';
import mixedBackends from './mixed-backends.js';
import natDrop from './nat-drop.js';
import nonCanonical from './non-canonical.js';
import noncontiguousMask from './noncontiguous-mask.js';
import notrackAgainstNat from './notrack-against-nat.js';
import oddInterface from './odd-interface.js';
import onlyUntracked from './only-untracked.js';
import openPolicy from './open-policy.js';
import optionConflict from './option-conflict.js';
import overlappingRanges from './overlapping-ranges.js';
import partlyShadowed from './partly-shadowed.js';
import podToPodMasqueraded from './pod-to-pod-masqueraded.js';
import randomFullyUnsupported from './random-fully-unsupported.js';
import recentHitcount from './recent-hitcount.js';
import recentListNeverSet from './recent-list-never-set.js';
import redundantRule from './redundant-rule.js';
import repeatedOption from './repeated-option.js';
import repliesNotAccepted from './replies-not-accepted.js';
import rpFilterDropsMarked from './rp-filter-drops-marked.js';
import sensitiveServiceOpen from './sensitive-service-open.js';
import serviceWithoutEndpoints from './service-without-endpoints.js';
import shadowedRule from './shadowed-rule.js';
import snatWithoutRandomFully from './snat-without-random-fully.js';
import sourcePortTrust from './source-port-trust.js';
import spoofedLoopback from './spoofed-loopback.js';
import staleRuntimeChain from './stale-runtime-chain.js';
import syntaxError from './syntax-error.js';
import unclosedQuote from './unclosed-quote.js';
import uncommentedRule from './uncommented-rule.js';
import undefinedChain from './undefined-chain.js';
import unknownExtension from './unknown-extension.js';
import unknownOption from './unknown-option.js';
import unknownTable from './unknown-table.js';
import unreachableChain from './unreachable-chain.js';
import unreadLine from './unread-line.js';
import unreferencedChain from './unreferenced-chain.js';
import unsaveableRule from './unsaveable-rule.js';
import useIpset from './use-ipset.js';
import userRuleBeforeManagedJump from './user-rule-before-managed-jump.js';
import v6LessStrict from './v6-less-strict.js';
import wrongFamily from './wrong-family.js';
import wrongHook from './wrong-hook.js';
import wrongIcmpFamily from './wrong-icmp-family.js';
import wrongTable from './wrong-table.js';

export const checks: readonly Check[] = [
  // load
  badJump,
  badNegation,
  badPolicy,
  badValue,
  byteOrderMark,
  carriageReturn,
  chainLoop,
  chainName,
  deprecatedTarget,
  duplicateChain,
  duplicateTable,
  extensionHeaderAsProtocol,
  failingCommand,
  fragmentWithPorts,
  hostBitsSet,
  invertedRange,
  jumpTooDeep,
  logPrefixTruncated,
  missingCommit,
  missingOption,
  missingProtocol,
  missingSet,
  natDrop,
  noncontiguousMask,
  optionConflict,
  recentHitcount,
  repeatedOption,
  syntaxError,
  unclosedQuote,
  undefinedChain,
  unknownOption,
  unknownTable,
  unsaveableRule,
  wrongFamily,
  wrongHook,
  wrongIcmpFamily,
  wrongTable,
  // reachability
  conflictingRules,
  duplicateRule,
  invertedLimit,
  jumpNeverTaken,
  jumpWithoutEffect,
  limitWithoutEffect,
  markLost,
  oddInterface,
  onlyUntracked,
  partlyShadowed,
  recentListNeverSet,
  redundantRule,
  shadowedRule,
  unreachableChain,
  unreferencedChain,
  // nat
  dnatNotForwarded,
  filterBeforeDnat,
  masqueradeWithoutOutInterface,
  masqueradeWithoutRandomFully,
  notrackAgainstNat,
  podToPodMasqueraded,
  randomFullyUnsupported,
  snatWithoutRandomFully,
  // security
  icmpBlocked,
  invalidRejected,
  logWithoutLimit,
  loopbackBlocked,
  openPolicy,
  repliesNotAccepted,
  sensitiveServiceOpen,
  sourcePortTrust,
  spoofedLoopback,
  v6LessStrict,
  // platform
  bridgeNfOff,
  brokenStatisticWeights,
  conntrackFullSoon,
  containerNetns,
  dockerBypassesInput,
  dockerUserOrder,
  foreignRuleInManagedChain,
  forwardDropBreaksPods,
  forwardingOff,
  hairpinMarkMissing,
  markOverwritten,
  mixedBackends,
  overlappingRanges,
  rpFilterDropsMarked,
  serviceWithoutEndpoints,
  staleRuntimeChain,
  userRuleBeforeManagedJump,
  // performance
  hotRuleLate,
  mergeCidr,
  mergeMultiport,
  useIpset,
  // style
  commentMismatch,
  deprecatedMatch,
  nonCanonical,
  uncommentedRule,
  // meta
  countedThoughDead,
  unknownExtension,
  unreadLine,
];
