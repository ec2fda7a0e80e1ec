/** The kernel that a host runs, as `sysctl -a` tells it (kernel.osrelease). */

/** `[5, 15]` of `kernel.osrelease = 5.15.0-91-generic`; null where the text does not tell. */
export const kernelIn = (sysctl: string | undefined): readonly number[] | null => {
  const found = sysctl === undefined ? null : /^kernel[./]osrelease\s*=\s*(\d+)\.(\d+)/m.exec(sysctl);
  return found ? [Number(found[1]), Number(found[2])] : null;
};
