/** A heap: of the things in it the widest comes first. */
export class Heap<T extends { readonly width: number }> {
  private readonly items: T[] = [];

  get size(): number {
    return this.items.length;
  }

  get rest(): readonly T[] {
    return this.items;
  }

  push(item: T): void {
    const { items } = this;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (items[above]!.width >= item.width) break;
      items[at] = items[above]!;
      at = above;
    }
    items[at] = item;
  }

  pop(): T | undefined {
    const { items } = this;
    const top = items[0];
    const last = items.pop();
    if (items.length === 0 || last === undefined) return top;
    let at = 0;
    for (;;) {
      let next = 2 * at + 1;
      if (next >= items.length) break;
      if (next + 1 < items.length && items[next + 1]!.width > items[next]!.width) next++;
      if (items[next]!.width <= last.width) break;
      items[at] = items[next]!;
      at = next;
    }
    items[at] = last;
    return top;
  }
}
