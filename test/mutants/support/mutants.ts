import type { Campaigns } from './mutate.ts'

/** A change to the library's source. */
export interface Change {
  /** Below src. */
  readonly file: string
  /** Text that is there once, and what stands there instead. */
  readonly from: string
  readonly to: string
  /** What stands behind all. */
  readonly append?: string
}

/** One after which one rule does not hold. */
export interface Mutant extends Change {
  /** The rule that is broken, and how. */
  readonly name: string
  /** Which campaigns are to find it. */
  readonly foundBy: keyof Campaigns
}

const TREE = 'region/tree/region-tree.ts'
const REGION = 'region/memory-region.ts'
const EXPANSION = 'region/tree/expansion.ts'
const RENDER = 'view/render.ts'
const SWEEP = 'view/overlaps.ts'
const LINKS = 'region/tree/region-links.ts'
const TRANSACTION = 'region/tree/transaction.ts'
const SECTION = 'dispatch/section.ts'
const TRANSFER = 'transfer/transfer.ts'
const PIECES = 'transfer/device-pieces.ts'
const NEXT = 'transfer/next-piece.ts'
const WINDOW = 'transfer/dma-window.ts'
const OPS = 'region/device/ops-completer.ts'
const ACCESS = 'dispatch/scalar-access.ts'
const ACCESSES = 'space/accesses.ts'
const TABLE = 'dispatch/tlb-table.ts'
const VIEW = 'space/space-tree.ts'
const COMMIT = 'listener/commit-views.ts'
const BITMAPS = 'ram/dirty/dirty-bitmaps.ts'
const NOTIFIER = 'region/device/event-notifier.ts'
const LEND = 'transfer/map-window.ts'
const IOMMU = 'iommu/iommu-completer.ts'
const ATOMIC = 'atomics/other-atomic.ts'
const OPERATION = 'ram/atomic/operation.ts'
const SPLIT = 'ram/atomic/split-atomic.ts'
const HOST_ATOMIC = 'ram/atomic/host-atomic.ts'

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'A2 a ROM device begins out of romd mode',
    file: REGION,
    from: ' : ROMD_MODE\n',
    to: ' : 0\n',
    foundBy: 'TREES',
  },
  {
    name: 'A3 a ROM is not readonly',
    file: REGION,
    from: 'ROMD_MODE | READONLY',
    to: 'ROMD_MODE',
    foundBy: 'TREES',
  },
  {
    name: 'A4 a region that terminates does not show its subregions',
    file: EXPANSION,
    from: 'for (let i = subregions.length - 1; i >= 0; i--) {',
    to: "for (let i = (region as { kind?: string }).kind === 'io' ? -1 : subregions.length - 1; i >= 0; i--) {",
    foundBy: 'TREES',
  },
  {
    name: 'A6 an alias that shows its ancestor without end is taken',
    file: EXPANSION,
    from: 'if (!showing.has(region)) return',
    to: 'if (!showing.has(region) || true) return',
    foundBy: 'TREES',
  },
  {
    name: 'B1 among equals the first that was added wins',
    file: TREE,
    from: '[...(this.#added ?? NONE)]',
    to: '[...(this.#added ?? NONE)].reverse()',
    foundBy: 'TREES',
  },
  {
    name: 'B1 subregions are shown as they were added',
    file: TREE,
    from: '.sort((a, b) => a.#priority - b.#priority)',
    to: '',
    foundBy: 'TREES',
  },
  {
    name: 'B2 a region that moves keeps its place among its equals',
    file: TREE,
    from: '      container.#added?.delete(this.#self)\n',
    to: '',
    foundBy: 'TREES',
  },
  {
    name: 'B3 a region that is removed forgets its address',
    file: TREE,
    from: 'region.#container = undefined\n',
    to: 'region.#container = undefined\n    region.#address = 0\n',
    foundBy: 'TREES',
  },
  {
    name: 'B4 an alias that shows another part is not rendered anew',
    file: REGION,
    from: 'this.#targetOffset = before\n      })\n      return true',
    to: 'this.#targetOffset = before\n      })\n      return false',
    foundBy: 'TREES',
  },
  {
    name: 'B5 the target of an alias that was unmapped once is not watched again',
    file: LINKS,
    from: 'if (this.#mapped++ === 0 && target !== undefined) {',
    to: 'if (this.#mapped++ === 0 && target !== undefined && this.version === 0) {',
    foundBy: 'TREES',
  },
  {
    name: 'C1 a nested transaction renders',
    file: TRANSACTION,
    from: 'if (depth > 1) depth--',
    to: 'if (depth > 2) depth--',
    foundBy: 'TREES',
  },
  {
    name: 'C1 what a transaction changes is seen within it, where nobody looked before',
    file: 'region/tree/viewers.ts',
    from: 'ref.deref()?.renderIfStale()',
    to: 'ref.deref()',
    foundBy: 'TREES',
  },
  {
    name: 'C2 a change that was marked is not marked again after somebody has looked',
    file: VIEW,
    from: '    nextEpoch()\n',
    to: '',
    foundBy: 'TREES',
  },
  {
    name: 'C3 an alias of a part counts as its target',
    file: RENDER,
    from: 'region.targetOffset !== 0 || region.size < region.target.size',
    to: 'region.targetOffset !== 0',
    foundBy: 'TREES',
  },
  {
    name: 'C4 readonly is not handed on',
    file: EXPANSION,
    from: 'marks | region.marks',
    to: 'region.marks',
    foundBy: 'TREES',
  },
  {
    name: 'C4 what an alias shows is not clipped to it',
    file: EXPANSION,
    from: 'expand(target, at, start, end, visitor, own, walk)',
    to: 'expand(target, at, low, high, visitor, own, walk)',
    foundBy: 'TREES',
  },
  {
    name: 'C5 neighbours are merged across a difference of offsets',
    file: SWEEP,
    from: 'rows[a + SERIAL] !== rows[b + SERIAL] || rows[a + ORIGIN] !== rows[b + ORIGIN]',
    to: 'rows[a + SERIAL] !== rows[b + SERIAL]',
    foundBy: 'TREES',
  },
  {
    name: 'C5 neighbours are merged across a difference of marks',
    file: SWEEP,
    from: '(READONLY | NONVOLATILE)',
    to: 'NONVOLATILE',
    foundBy: 'TREES',
  },
  {
    name: 'C5 a range of the view before is kept whose marks have changed',
    file: RENDER,
    from: 'if (rows[at + i] !== before[was + i])',
    to: 'if (i !== 1 && rows[at + i] !== before[was + i])',
    foundBy: 'TREES',
  },
  {
    name: 'D3 where nothing is mapped, offsets begin anew',
    file: SECTION,
    from: 'const offset = range === undefined ? start :',
    to: 'const offset = range === undefined ? 1 :',
    foundBy: 'REQUESTS',
  },
  {
    name: 'D4 an access to a device ends with its range',
    file: NEXT,
    from: 'Math.min(rest, left) : rest',
    to: 'Math.min(rest, left) : Math.min(rest, left)',
    foundBy: 'REQUESTS',
  },
  {
    name: 'E2 a write through a readonly alias of RAM is rejected',
    file: RENDER,
    from: 'rom: (flags & ROM) !== 0',
    to: 'rom: (flags & READONLY) !== 0',
    foundBy: 'REQUESTS',
  },
  {
    name: 'E2 a ROM device is read directly out of romd mode, too',
    file: 'dispatch/place.ts',
    from: "(range.romd ? region.kind : 'io')",
    to: 'region.kind',
    foundBy: 'REQUESTS',
  },
  {
    name: 'E4 the size of a piece follows from the absolute address',
    file: NEXT,
    from: 'pieceSize(device, offset, most)',
    to: 'pieceSize(device, section.start + inside, most)',
    foundBy: 'REQUESTS',
  },
  {
    name: 'E4 a piece is larger than what is left of the request',
    file: PIECES,
    from: 'while (size > length) size >>>= 1',
    to: 'while (size > length && size > 2) size >>>= 1',
    foundBy: 'REQUESTS',
  },
  {
    name: 'E5 a rejected piece reads ff',
    file: TRANSFER,
    from: "if (kind === 'read') clearPart(bytes, at, size)",
    to: "if (kind === 'read') bytes.fill(0xff, at, at + size)",
    foundBy: 'REQUESTS',
  },
  {
    name: 'E7 the result of the last piece stands for all',
    file: TRANSFER,
    from: 'result |= carryOut(',
    to: 'result = carryOut(',
    foundBy: 'REQUESTS',
  },
  {
    name: 'E8 a block read for memory alone takes what a ROM device holds',
    file: NEXT,
    from: 'if (attrs.memory && !section.memory) {',
    to: 'if (attrs.memory && !section.memory && (write || !section.endsReads)) {',
    foundBy: 'REQUESTS',
  },
  {
    name: 'E8 the first region refuses its own length, not the whole access',
    file: NEXT,
    from: 'next.size = at === 0 ? length : size',
    to: 'next.size = size',
    foundBy: 'REQUESTS',
  },
  {
    name: 'E8 a load for memory alone calls a handler over the end of a ROM device',
    file: ACCESS,
    from: 'if ((isOver || !section.endsReads) && refuses',
    to: 'if (!section.endsReads && refuses',
    foundBy: 'REQUESTS',
  },
  {
    name: 'E10 a read of a ROM device goes on behind its end',
    file: SECTION,
    from: 'this.endsReads = this.memory || readable',
    to: 'this.endsReads = this.memory',
    foundBy: 'REQUESTS',
  },
  {
    name: 'E11 a fill of a device is not cut at its pattern',
    file: NEXT,
    from: 'FILL_PATTERN_BYTES - (at % FILL_PATTERN_BYTES)',
    to: 'FILL_PATTERN_BYTES',
    foundBy: 'REQUESTS',
  },
  {
    name: 'G2 an unaligned access is valid',
    file: OPS,
    from: 'if (!this.#checked.valid.unaligned && (offset & (size - 1)) !== 0) return false',
    to: '',
    foundBy: 'REQUESTS',
  },
  {
    name: 'G2 accepts is not asked',
    file: OPS,
    from: 'this.asks = checked.asks',
    to: 'this.asks = false',
    foundBy: 'REQUESTS',
  },
  {
    name: 'G5 the pieces of a big-endian device sit in the order of a little-endian one',
    file: OPS,
    from: 'const shift = 8 * (big ? size - width - at : at)',
    to: 'const shift = 8 * at',
    foundBy: 'REQUESTS',
  },
  {
    name: 'G5 a wide handler is called at the offset aligned down',
    file: OPS,
    from: 'const piece = this.#readPiece(offset + at, width, attrs)',
    to: 'const piece = this.#readPiece((offset + at) & -width, width, attrs)',
    foundBy: 'REQUESTS',
  },
  {
    name: 'G6 a value is not swapped for a device of the other byte order',
    file: ACCESS,
    from: 'return completerBig === big ? value : swapValue(value, size)',
    to: 'return value',
    foundBy: 'REQUESTS',
  },
  {
    name: 'G6 each piece is swapped, not the whole',
    file: OPS,
    from: 'const piece = this.#readPiece(offset + at, width, attrs)',
    to: 'const piece = swapped(this.#readPiece(offset + at, width, attrs), big && width === 4)',
    append: `function swapped(value: number, big: boolean): number {
      if (!big) return value
      return ((value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0
    }`,
    foundBy: 'REQUESTS',
  },
  {
    name: 'G7 the guard is not looked at',
    file: OPS,
    from: 'if (guard.engaged || outermost === guard.id) return',
    to: 'if (outermost === guard.id) return',
    foundBy: 'REQUESTS',
  },
  {
    name: 'G7 a device is not known to be inside the outermost handler',
    file: OPS,
    from: 'if (guard.engaged || outermost === guard.id) return',
    to: 'if (guard.engaged) return',
    foundBy: 'REQUESTS',
  },
  {
    name: 'G7 the guard is not released',
    file: OPS,
    from: 'engaged = guard.engaged = true',
    to: 'guard.engaged = true',
    foundBy: 'REQUESTS',
  },
  {
    name: 'G7 the guard is asked before the access is known to be valid',
    file: OPS,
    from: '        this.#before?.()\n',
    to: '        if (guard?.engaged || outermost === guard?.id) return endWith(MemTxResult.ACCESS_ERROR, size)\n        this.#before?.()\n',
    foundBy: 'REQUESTS',
  },
  {
    name: 'G7 a ROM device has a guard',
    file: REGION,
    from: 'block, checked.cacheMode, access.unguarded)',
    to: 'block, checked.cacheMode, access)',
    foundBy: 'REQUESTS',
  },
  {
    name: 'G7 a region that is readonly itself has a guard',
    file: SECTION,
    from: '(range?.rom ? region?.access?.unguarded : undefined) ?? region?.access',
    to: 'region?.access',
    foundBy: 'REQUESTS',
  },
  {
    name: 'I1 a load of a device is split',
    file: ACCESS,
    from: 'const value = section.readCompleter.read(section.offset + at, size, attrs, completerBig)\n',
    to: `const half = size === 2 || size === 4 ? size / 2 : size
  let value = section.readCompleter.read(section.offset + at, half, attrs, completerBig)
  if (half < size)
    value = (value as number) | ((section.readCompleter.read(section.offset + at + half, half, attrs, completerBig) as number) << (8 * half))
`,
    foundBy: 'REQUESTS',
  },
  {
    name: 'G6 a value is not swapped for a device that is found by its page',
    file: ACCESSES,
    from: 'const ordered = big === this.#big ? value : swapValue(value, size)\n        //',
    to: 'const ordered = value\n        //',
    foundBy: 'ACCESSES',
  },
  {
    name: 'I1 a load of a device that is found by its page is split',
    file: ACCESSES,
    from: 'const value = section.readCompleter.read(section.offset + at, size, attrs ?? UNSPECIFIED, big)\n',
    to: `const half = size === 2 || size === 4 ? size / 2 : size
        const given = attrs ?? UNSPECIFIED
        let value = section.readCompleter.read(section.offset + at, half, given, big)
        if (half < size)
          value = (value as number) | ((section.readCompleter.read(section.offset + at + half, half, given, big) as number) << (8 * half))
`,
    foundBy: 'ACCESSES',
  },
  {
    name: 'I2 an access by a part of a page reaches over its end',
    file: ACCESSES,
    from: 'const last = entry === found ? 4095 : 15',
    to: 'const last = 4095',
    foundBy: 'ACCESSES',
  },
  {
    name: 'F2 who logs a region is not told of stores that are found by their page',
    file: TABLE,
    from: '(section.writable && !region?.dirtyLogMask ? STORES : 0)',
    to: '(section.writable ? STORES : 0)',
    foundBy: 'ACCESSES',
  },
  {
    name: 'I2 a load over the end of RAM is split',
    file: ACCESS,
    from: 'if (isOver && section.memory) return reject(section, false, at, size, attrs)',
    to: '',
    foundBy: 'REQUESTS',
  },
  {
    name: 'I3 a load of RAM is not swapped for the other byte order',
    file: 'ram/access/cell-values.ts',
    from: 'return big ? swapValue(value, size) : value',
    to: 'return value',
    foundBy: 'REQUESTS',
  },
  {
    name: 'C7 after a change a space uses what it remembers',
    file: VIEW,
    from: 'this.space.forgetSections()',
    to: '',
    foundBy: 'REQUESTS',
  },
  {
    name: 'C6 what goes is told in the order of listeners',
    file: COMMIT,
    from: 'callReverse(list, ({ listener }) => listener.regionDel?.(section))',
    to: 'callForward(list, ({ listener }) => listener.regionDel?.(section))',
    foundBy: 'LISTENERS',
  },
  {
    name: 'C6 a range whose marks change is the same range',
    file: 'view/view-changes.ts',
    from: 'a.readonly === b.readonly &&\n',
    to: '',
    foundBy: 'LISTENERS',
  },
  {
    name: 'C8 what comes is told in reverse order',
    file: COMMIT,
    from: 'callForward(list, ({ listener }) => listener.regionAdd?.(section))',
    to: 'callReverse(list, ({ listener }) => listener.regionAdd?.(section))',
    foundBy: 'LISTENERS',
  },
  {
    name: 'E12 writeRom passes over a ROM',
    file: NEXT,
    from: 'if (!section.endsReads) return',
    to: 'if (!section.writable) return',
    foundBy: 'IOMMUS',
  },
  {
    name: 'E13 the answer is that of pieces by the absolute address',
    file: 'space/translate.ts',
    from: '(completerOf(place, write, space.settings), place, size',
    to: '(completerOf(place, write, space.settings), { ...place, offset: start + done }, size',
    foundBy: 'IOMMUS',
  },
  {
    name: 'E13 pieces behind the end of a region are taken for its own',
    file: 'space/translate.ts',
    from: 'Math.min(Math.floor(size / piece), Math.ceil(alike / piece))',
    to: 'Math.floor(size / piece)',
    foundBy: 'IOMMUS',
  },
  {
    name: 'F1 clients that log nothing have dirty pages',
    file: BITMAPS,
    from: 'if ((clients & (1 << client)) === 0) continue',
    to: '',
    foundBy: 'DIRTY',
  },
  {
    name: 'F2 a write marks nothing',
    file: TRANSFER,
    from: 'section.logs[0] !== 0',
    to: 'section.logs[0] === -1',
    foundBy: 'DIRTY',
  },
  {
    name: 'F2 a store marks nothing',
    file: ACCESS,
    from: 'if (section.logs[0] !== 0) section.mark(ram, size)',
    to: '',
    foundBy: 'DIRTY',
  },
  {
    name: 'F2 the page behind is marked, too',
    file: BITMAPS,
    from: '(offset + length - 1) >>> PAGE_SHIFT',
    to: '(offset + length) >>> PAGE_SHIFT',
    foundBy: 'DIRTY',
  },
  {
    name: "F3 a snapshot of a part takes its neighbours' bits",
    file: 'ram/dirty/dirty-harvest.ts',
    from: '~bits) & bits',
    to: '0) & bits',
    foundBy: 'DIRTY',
  },
  {
    name: 'F5 the page of the offset in the section is marked',
    file: TRANSFER,
    from: 'section.mark(ram, size)',
    to: 'section.mark(inside, size)',
    foundBy: 'DIRTY',
  },
  {
    name: 'H1 data is not looked at',
    file: NOTIFIER,
    from: "return typeof value === 'bigint' ? value : size * 2 ** 32 + value",
    to: 'return -1 - size',
    foundBy: 'NOTIFIERS',
  },
  {
    name: 'H1 the size is not looked at',
    file: NOTIFIER,
    from: 'size * 2 ** 32 + value',
    to: '2 ** 32 + value',
    foundBy: 'NOTIFIERS',
  },
  {
    name: 'H1 with size 0, data is looked at',
    file: NOTIFIER,
    from: 'if (value === undefined || size === 0) return -1 - size',
    to: 'if (value === undefined) return -1 - size',
    foundBy: 'NOTIFIERS',
  },
  {
    name: 'H1 data is not swapped for a device of the other byte order',
    file: NOTIFIER,
    from: 'endianness === endian ? number : swapBytes(number, size)',
    to: 'endianness === endian ? number : number',
    foundBy: 'NOTIFIERS',
  },
  {
    name: 'H1 a write is taken before it is known to be valid',
    file: OPS,
    from: '        if (!(isRun || isWhole || this.accepts(offset, size, isWrite, attrs)))',
    to: '        if (!isRun && isWrite && this.#takes?.(offset, size, value)) return endWith(MemTxResult.OK, size)\n        if (!(isRun || isWhole || this.accepts(offset, size, isWrite, attrs)))',
    foundBy: 'NOTIFIERS',
  },
  {
    name: 'H2 size 0 comes after another',
    file: NOTIFIER,
    from: 'values?.get(-1) ?? values?.get(-1 - size)',
    to: 'values?.get(-1 - size) ?? values?.get(-1)',
    foundBy: 'NOTIFIERS',
  },
  {
    name: 'H3 a notifier that reaches into a range from below is not told of',
    file: 'listener/ioeventfds.ts',
    from: '(address >= start || address + size > start)',
    to: 'address >= start',
    foundBy: 'LISTENERS',
  },
  {
    name: 'H4 coalesced ranges are not clipped to what is seen',
    file: 'listener/coalesced-sections.ts',
    from: 'Math.min(section.end, section.start + (range.end - section.offset))',
    to: 'section.start + (range.end - section.offset)',
    foundBy: 'LISTENERS',
  },
  {
    name: 'J1 a window goes on where other bytes of the region are',
    file: LEND,
    from: 'next.block === section.block && next.base + resolved.at === ram + size',
    to: 'next.block === section.block',
    foundBy: 'WINDOWS',
  },
  {
    name: 'J1 a window ends with its flat range',
    file: LEND,
    from: 'while (size < length) {',
    to: 'while (size < 0) {',
    foundBy: 'WINDOWS',
  },
  {
    name: 'J2 a bounce buffer is never given back',
    file: WINDOW,
    from: 'budget.left += this.length',
    to: 'budget.left += 0',
    foundBy: 'WINDOWS',
  },
  {
    name: 'J2 a bounce buffer is larger than what is left',
    file: LEND,
    from: 'Math.min(length, budget.left)',
    to: 'length',
    foundBy: 'WINDOWS',
  },
  {
    name: 'J2 a bounce buffer is not filled',
    file: LEND,
    from: "move('read', bytes.length)",
    to: 'MemTxResult.OK',
    foundBy: 'WINDOWS',
  },
  {
    name: 'J3 unmap writes all, not what was accessed',
    file: WINDOW,
    from: 'bounce.writeBack(accessed)',
    to: 'bounce.writeBack(this.length)',
    foundBy: 'WINDOWS',
  },
  {
    name: 'J3 unmap marks all, not what was accessed',
    file: WINDOW,
    from: 'mark(ram, accessed)',
    to: 'mark(ram, this.length)',
    foundBy: 'WINDOWS',
  },
  {
    name: 'J3 unmap loses the attributes',
    file: LEND,
    from: 'byte: 0 }, address, size, attrs)',
    to: 'byte: 0 }, address, size, (attrs.constructor as typeof MemTxAttrs).UNSPECIFIED)',
    foundBy: 'WINDOWS',
  },
  {
    name: 'K1 permissions are not looked at',
    file: 'iommu/iommu-entry.ts',
    from: '& wanted) === 0) return undefined',
    to: '& 3) === 0) return undefined',
    foundBy: 'IOMMUS',
  },
  {
    name: 'K2 the mask does not count',
    file: IOMMU,
    from: 'translated - (translated % (mask + 1)) + within',
    to: 'translated + within',
    foundBy: 'IOMMUS',
  },
  {
    name: 'K2 an access goes on behind the end of its block',
    file: IOMMU,
    from: 'length = Math.min(length, left)',
    to: 'length = Number.POSITIVE_INFINITY',
    foundBy: 'IOMMUS',
  },
  {
    name: "K2 of several IOMMUs, the last one's block counts",
    file: IOMMU,
    from: 'length = Math.min(length, left)',
    to: 'length = left',
    foundBy: 'IOMMUS',
  },
  {
    name: 'K2 a target that is an IOMMU again is a fault',
    file: IOMMU,
    from: 'if (!(section.translator instanceof IommuCompleter)) {',
    to: 'if (depth === 0) {',
    foundBy: 'IOMMUS',
  },
  {
    name: 'K3 after a fault the rest is not translated again',
    file: NEXT,
    from: 'next.size = translated ? pieceSize',
    to: 'next.size = false ? pieceSize',
    foundBy: 'IOMMUS',
  },
  {
    name: 'I5 what fails to be loaded is stored to',
    file: ATOMIC,
    from: 'if (completion.result === 0) store(',
    to: 'store(',
    foundBy: 'ATOMICS',
  },
  {
    name: 'I5 a device gets no write where a comparison fails',
    file: ATOMIC,
    from: 'if (completion.result === 0) store(',
    to: 'if (completion.result === 0 && (operation !== 1 || found === expected)) store(',
    foundBy: 'ATOMICS',
  },
  {
    name: 'I5 RAM behind an IOMMU is stored to where it may only be read',
    file: ATOMIC,
    from: 'const to = isBehind ? resolveSection(map, address, true, attrs) : from',
    to: 'const to = from',
    foundBy: 'ATOMICS',
  },
  {
    name: "I5 an access that a seam splits goes on behind what is seen of an IOMMU's region",
    file: ATOMIC,
    from: 'Math.min(place.length, seen, size - done)',
    to: 'Math.min(place.length, size - done)',
    foundBy: 'ATOMICS',
  },
  {
    name: 'I5 an unaligned access is made where RAM refuses it',
    file: ATOMIC,
    from: 'return permits(place, ram, size) ?',
    to: 'return true ?',
    foundBy: 'ATOMICS',
  },
  {
    name: 'I5 a seam is split where the space does not say so',
    file: ATOMIC,
    from: 'splitsSeams && (over(false)',
    to: '(over(false)',
    foundBy: 'ATOMICS',
  },
  {
    name: 'I5 onReject is not told of an atomic access',
    file: ATOMIC,
    from: 'if (result !== 0 && onReject && !attrs.debug) {',
    to: 'if (result < 0 && onReject && !attrs.debug) {',
    foundBy: 'ATOMICS',
  },
  {
    name: 'I5 signed minima of less than 32 bits are unsigned',
    file: OPERATION,
    from: 'return operand << shift < found << shift ? operand : found',
    to: 'return (operand | 0) < (found | 0) ? operand : found',
    foundBy: 'ATOMICS',
  },
  {
    name: 'I5 a sum carries in the order of the host',
    file: HOST_ATOMIC,
    from: 'operation === ADD && (!swaps || size === 1)',
    to: 'operation === ADD',
    foundBy: 'ATOMICS',
  },
  {
    name: 'I5 a compareExchange expects the bytes in the order of the host',
    file: HOST_ATOMIC,
    from: '(swaps ? swap(expected, size) : expected) | 0, given)',
    to: 'expected | 0, given)',
    foundBy: 'ATOMICS',
  },
  {
    name: 'I5 an unaligned access stores over what is beside it in the word',
    file: SPLIT,
    from: 'word = (word & ~(0xffn << shift)) | (byte << shift)',
    to: 'word = byte << shift',
    foundBy: 'ATOMICS',
  },
  {
    name: 'I5 the parts of an unaligned access are in the wrong order in a big-endian value',
    file: SPLIT,
    from: 'BigInt(8 * (big ? size - 1 - byte : byte))',
    to: 'BigInt(8 * byte)',
    foundBy: 'ATOMICS',
  },
]
