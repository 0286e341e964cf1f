import { type AddressSpace, codeWrites, type MemoryRegion } from 'guestmem'
import type { World } from './world.ts'

/** All that can be seen of a world, as text: two are equal where nobody can tell the one state from the other. */
export function digest(world: World): string {
  const { ram, other, sparse, cache, list, window, bounce, snapshot, iommu, log } = world
  return [
    ...[...world.regions.values()].map(regionText),
    ...world.spaces.map(spaceText),
    ...[ram, other].map(
      each => `${hash(each.buffer)} ${hash(each.handle.dirty)} ${hash(each.handle.cut)} ${each.blocks.length}`,
    ),
    `sparse ${sparse.allocatedBytes} code ${codeWrites(world.block)}`,
    `cache ${cache.address} ${cache.length} ${cache.direct} ${cache.stale} ${cache.result}`,
    `list ${list.length} ${list.result} ${list.elements.map(({ address, length }) => `${address}+${length}`)}`,
    ...[window, bounce].map(
      each => `window ${each.mapped} ${each.length} ${each.result} ${each.mapped && each.bytes[0]}`,
    ),
    `snapshot ${snapshot.offset} ${[...snapshot.ranges()].map(({ offset, length }) => `${offset}+${length}`)}`,
    `notifiers ${iommu.notifierFlags}`,
    `log ${log.join('; ')}`,
  ].join('\n')
}

function regionText(region: MemoryRegion): string {
  const { name, kind, size, address, priority, enabled, readonly, nonvolatile, romdMode, dirtyLogMask } = region
  const under = region.subregions.map(each => each.name)
  const where = region.container?.name
  const mapped = `${region.cacheMode} ${region.target?.name} ${region.targetOffset} ${region.block?.name}`
  return `${name} ${kind} ${size} ${address} ${priority} ${enabled} ${readonly} ${nonvolatile} ${romdMode} ${dirtyLogMask} in ${where} [${under}] ${mapped}`
}

export function viewText({ view }: AddressSpace): string {
  return view.ranges
    .map(({ start, end, region, offset, readonly, rom, romd, nonvolatile, dirtyLogMask }) =>
      [start, end, region.name, offset, readonly, rom, romd, nonvolatile, dirtyLogMask].join(' '),
    )
    .join(', ')
}

function spaceText(space: AddressSpace): string {
  const { name, endian, destroyed, result, bounceBytesLeft, high } = space
  return `${name} ${endian} ${destroyed} ${result} ${bounceBytesLeft} ${high}: ${viewText(space)}`
}

const latest = new WeakMap<ArrayBufferLike, { readonly bytes: Uint8Array; readonly value: number }>()

/** Of all its bytes: FNV-1a over words, and what is left over. What is as it was when it was last asked is not added up again. */
export function hash(buffer: ArrayBufferLike): number {
  const bytes = Buffer.from(buffer)
  const before = latest.get(buffer)
  if (before !== undefined && bytes.equals(before.bytes)) return before.value
  const value = hashOf(buffer)
  latest.set(buffer, { bytes: Uint8Array.from(bytes), value })
  return value
}

function hashOf(buffer: ArrayBufferLike): number {
  const words = new Uint32Array(buffer, 0, buffer.byteLength >>> 2)
  let value = 0x811c9dc5
  for (let i = 0; i < words.length; i++) value = Math.imul(value ^ (words[i] as number), 0x0100_0193)
  for (const byte of new Uint8Array(buffer, 4 * words.length)) value = Math.imul(value ^ byte, 0x0100_0193)
  return value >>> 0
}
