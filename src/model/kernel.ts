/** What `sysctl -a` tells of a host: its settings, and the kernel that it runs (kernel.osrelease). */

/** `[5, 15]` of `kernel.osrelease = 5.15.0-91-generic`; null where the text does not tell. */
export const kernelIn = (sysctl: string | undefined): readonly number[] | null => {
  const found = sysctl === undefined ? null : /^kernel[./]osrelease\s*=\s*(\d+)\.(\d+)/m.exec(sysctl);
  return found ? [Number(found[1]), Number(found[2])] : null;
};

/** Settings by name, with dots (`sysctl -e` and /proc/sys style slashes are read too); null where there is no text. */
export const settingsIn = (sysctl: string | undefined): ReadonlyMap<string, string> | null => {
  if (sysctl === undefined) return null;
  const settings = new Map<string, string>();
  for (const line of sysctl.split('\n')) {
    const read = /^([\w.\-/]+)\s*=\s*(.*?)\s*$/.exec(line);
    if (read) settings.set(read[1]!.includes('.') ? read[1]! : read[1]!.replaceAll('/', '.'), read[2]!);
  }
  return settings;
};
