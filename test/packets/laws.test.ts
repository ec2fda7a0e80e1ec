/** Laws of sets of packets: diagrams and cubes against plain enumeration of a small space. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { all, bits, inRanges, is, named, not, type Predicate, some } from '../../grammar/index.js';
import { type Cube, cubesOf, everything, formHolds, merge, minus, remainder, uncovered, withoutPassed } from '../../src/packets/cube.js';
import { Diagram, Exhausted } from '../../src/packets/diagram.js';
import { type Dimension, Space } from '../../src/packets/space.js';

const leaf: fc.Arbitrary<Predicate> = fc.oneof(
  fc.tuple(fc.nat(7), fc.nat(7)).map(([a, b]) => inRanges('ttl', [[Math.min(a, b), Math.max(a, b)]])),
  fc.tuple(fc.nat(3), fc.nat(3)).map(([mask, value]) => bits('mark', mask, value & mask)),
  fc.nat(3).map((value) => is('mark', value)),
  fc.constantFrom('eth', 'eth0', 'wlan').chain((name) => fc.boolean().map((prefix) => named('physicalIn', name, prefix))),
);
const { predicate } = fc.letrec<{ predicate: Predicate }>((tie) => ({
  predicate: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    tie('predicate').map(not),
    fc.array(tie('predicate'), { minLength: 1, maxLength: 3 }).map((parts) => all(...parts)),
    fc.array(tie('predicate'), { minLength: 1, maxLength: 3 }).map((parts) => some(...parts)),
  ),
}));

const spaceOf = (...predicates: readonly Predicate[]) => {
  const space = new Space(4);
  for (const one of predicates) space.collect(one);
  space.cut();
  return space;
};

/** Every point of the dimensions that the predicates ask. */
const points = (space: Space): ((dimension: Dimension) => number)[] => {
  let list: number[][] = [[]];
  const asked = space.dimensions.filter(
    (dimension) => dimension.field === 'ttl' || dimension.field === 'mark' || dimension.field === 'physicalIn',
  );
  for (const dimension of asked) list = list.flatMap((point) => Array.from({ length: dimension.size }, (_, atom) => [...point, atom]));
  return list.map((point) => (dimension) => (asked.includes(dimension) ? point[asked.indexOf(dimension)]! : 0));
};

describe('laws', () => {
  it('diagrams hold just the points that the predicate holds', () => {
    fc.assert(
      fc.property(predicate, predicate, (a, b) => {
        const space = spaceOf(a, b);
        const diagram = new Diagram(1e6);
        const [x, y] = [space.form(a), space.form(b)];
        const [nx, ny] = [diagram.form(x), diagram.form(y)];
        for (const at of points(space)) {
          const [inX, inY] = [formHolds(x, at), formHolds(y, at)];
          const holds = (node: number) => diagram.holds(node, space.dimensions, at);
          expect([
            holds(nx),
            holds(diagram.and(nx, ny)),
            holds(diagram.or(nx, ny)),
            holds(diagram.minus(nx, ny)),
            holds(diagram.not(nx)),
          ]).toEqual([inX, inX && inY, inX || inY, inX && !inY, !inX]);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('equal sets are one node: De Morgan, absorption, double complement', () => {
    fc.assert(
      fc.property(predicate, predicate, (a, b) => {
        const space = spaceOf(a, b);
        const d = new Diagram(1e6);
        const [x, y] = [d.form(space.form(a)), d.form(space.form(b))];
        expect(d.not(d.and(x, y))).toBe(d.or(d.not(x), d.not(y)));
        expect(d.or(x, d.and(x, y))).toBe(x);
        expect(d.not(d.not(x))).toBe(x);
        expect(d.form(space.form(not(a)))).toBe(d.not(x));
      }),
      { numRuns: 300 },
    );
  });

  it('cubes are the same set as the diagram, merged or cut', () => {
    fc.assert(
      fc.property(predicate, predicate, (a, b) => {
        const space = spaceOf(a, b);
        const d = new Diagram(1e6);
        const [fx, fy] = [space.form(a), space.form(b)];
        const [x, y] = [cubesOf(fx, 1000)!, cubesOf(fy, 1000)!];
        const union = (cubes: readonly Cube[]) => d.orAll(cubes.map((cube) => d.cube(cube)));
        expect(union(x)).toBe(d.form(fx));
        expect(union(merge(x))).toBe(d.form(fx));
        const whole = d.form(fy);
        for (const cube of x) {
          expect(union(remainder(cube, y, 10_000, { left: 1e6 })!)).toBe(d.minus(d.cube(cube), whole));
          if (y[0]) expect(union(minus(cube, y[0]))).toBe(d.minus(d.cube(cube), d.cube(y[0])));
          const open = uncovered(cube, y, { left: 1e6 });
          if (open) expect(d.and(d.cube(open), d.minus(1, d.minus(d.cube(cube), whole)))).toBe(0);
          else expect(d.minus(d.cube(cube), whole)).toBe(0);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('what is picked is in the set', () => {
    fc.assert(
      fc.property(predicate, (a) => {
        const space = spaceOf(a);
        const d = new Diagram(1e6);
        const x = d.form(space.form(a));
        if (x !== 0) expect(d.minus(d.cube(d.pick(x, space.dimensions)), x)).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('what all of a set answer the same way is what no other answer is in', () => {
    let forced = 0;
    fc.assert(
      fc.property(predicate, predicate, (a, b) => {
        const space = spaceOf(a, b);
        const d = new Diagram(1e6);
        const x = d.and(d.form(space.form(a)), d.form(space.form(b)));
        if (x === 0) return;
        const found = d.forced(x);
        for (const dimension of space.dimensions) {
          if (dimension.bits !== 1 || dimension.size !== 2) continue;
          const empty = [0, 1].map((answer) => d.and(x, d.of(dimension.interval(answer, answer))) === 0);
          expect(found.get(dimension.level)).toBe(empty[0] ? 1 : empty[1] ? 0 : undefined);
          if (found.has(dimension.level)) forced++;
        }
      }),
      { numRuns: 500 },
    );
    expect(forced).toBeGreaterThan(100);
  });

  it('a budget ends work with an exception of its own', () => {
    const space = spaceOf(inRanges('source', [[5, 900]]), inRanges('destination', [[7, 800]]));
    const d = new Diagram(0);
    expect(() => d.form(space.form(all(inRanges('source', [[5, 900]]), inRanges('destination', [[7, 800]]))))).toThrow(Exhausted);
  });
});

describe('covers that packets pass anyway', () => {
  const bitCount = 16;
  const literals = fc
    .uniqueArray(fc.nat(bitCount - 1), { minLength: 1, maxLength: 3 })
    .chain((which) => fc.tuple(...which.map((bit) => fc.boolean().map((isSet): [number, boolean] => [bit, isSet]))));
  const formOf = (parts: readonly (readonly [number, boolean])[]): Predicate =>
    all(...parts.map(([bit, isSet]) => bits('mark', 1 << bit, isSet ? 1 << bit : 0)));

  it('are left out, and what is found outside the others passes them', () => {
    let left = 0;
    fc.assert(
      fc.property(literals, fc.array(literals, { minLength: 1, maxLength: 14 }), (own, others) => {
        const predicates = [own, ...others].map(formOf);
        const space = spaceOf(...predicates);
        const d = new Diagram(1e6);
        const [cube, ...covers] = predicates.map((one) => cubesOf(space.form(one), 1)![0]!);
        const near = covers.filter((cover) => d.and(d.cube(cover), d.cube(cube!)) !== 0);
        const { covers: essential, pass } = withoutPassed(cube!, near);
        left += near.length - essential.length;
        const union = d.orAll(near.map((cover) => d.cube(cover)));
        const found = uncovered(cube!, essential, { left: 1e6 });
        if (found === null) expect(d.minus(d.cube(cube!), union)).toBe(0);
        else {
          const passed = d.cube(pass(found!));
          expect(passed).not.toBe(0);
          expect(d.minus(passed, d.minus(d.cube(cube!), union))).toBe(0);
        }
      }),
      { numRuns: 500 },
    );
    expect(left).toBeGreaterThan(500);
  });
});

describe('many cubes', () => {
  // In no order, so that what is left between them is in many pieces.
  const ports = (count: number) => Array.from({ length: count }, (_, i) => is('destinationPort', (i * 7919) % count));

  it('are cut away without a call within a call for each', () => {
    const all = ports(40_009);
    const space = spaceOf(...all);
    const cubes = all.flatMap((one) => cubesOf(space.form(one), 1)!);
    const found = uncovered(everything, cubes, { left: 1e7 });
    expect(found?.sets.map((set) => set.ranges.length)).toEqual([2]);
    const [whole] = found!.sets;
    expect(uncovered(everything, [...cubes, found!], { left: 1e7 })).toBeNull();
    expect(uncovered({ dims: [whole!.dimension.index], sets: [whole!] }, cubes, { left: 1e7 })).not.toBeNull();
  });
});
