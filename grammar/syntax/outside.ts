/**
 * Names that iptables 1.8.9 does not have: extensions from outside (xtables-addons, vendors' kernels, old patches), or slips. Of a name alone it can
 * seldom be told which; of a name with its options sometimes.
 */

import { flagsOf, matchSpecs, targetSpecs } from '../extensions/catalogue.js';
import type { MatchSpec, TargetSpec } from '../extensions/define.js';
import { lettersApart } from '../suggest.js';

/** Matches and targets known to come from outside: never taken for slips. */
const fromOutside: ReadonlySet<string> = new Set(
  (
    'account asn bcount childlevel condition connrate dhcpmac dns dstlimit exp fuzzy geoip gradm httphost iface id ipp2p iplimit ipv4options ' +
    'layer7 length2 lscan lua macsave mport ndpi nth ownercmd p2p pknock pool psd qtaguid quota2 random record_rpc talk tls unclean urlfilter ' +
    'web webmon webstr weburl wgobfs ACCOUNT CHAOS DELUDE DHCPMAC DNETMAP ECHO FLOWOFFLOAD FULLCONENAT IMQ IPMARK IPV4OPTSSTRIP JOOL JOOL_SIIT ' +
    'LOGMARK NDPI NETFLOW PROTO ROUTE RTPENGINE SYSRQ TARPIT TELL WGOBFS XOR'
  ).split(' '),
);

/** Whether the extension is known to come from outside. */
export const isFromOutside = (name: string): boolean => fromOutside.has(name);

/** Whether a library could bear the name: at most 28 bytes (XT_EXTENSION_MAXNAMELEN), no path, not a number. */
export const couldBeExtension = (name: string): boolean => name.length <= 28 && /^[A-Za-z_][\w.-]*$/.test(name);

/** A use of an unknown extension; the key of an option is its flag as written. */
interface Named {
  readonly name: string;
  readonly options: readonly { readonly key: string }[];
}

/**
 * The extension that a mistyped name can only have meant: a letter or two off, with options that are all of that extension. Undefined where the
 * name may be an extension from outside.
 */
const meantExtension = ({ name, options }: Named, specs: readonly (MatchSpec | TargetSpec)[]): string | undefined => {
  if (isFromOutside(name)) return undefined;
  // No library from outside bears the name of one of iptables' own in other capitals.
  const same = specs.find((spec) => spec.name !== name && spec.name.toLowerCase() === name.toLowerCase());
  if (same) return same.name;
  if (options.length === 0) return undefined;
  const meant = specs.filter((spec) => lettersApart(name, spec.name) <= 2 && options.every(({ key }) => flagsOf(spec).has(key)));
  return meant[0]?.name;
};

/** The match that a mistyped name can only have meant. */
export const meantMatch = (match: Named): string | undefined => meantExtension(match, matchSpecs);

/** The target that a mistyped name can only have meant. */
export const meantTarget = (target: Named): string | undefined => meantExtension(target, targetSpecs);
