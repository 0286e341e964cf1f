import { type AddressSpace, MemoryRegion } from 'guestmem'
import { formatFlatView, formatMtree, machineFromJson, machineFromMtree, type QemuMachine } from 'guestmem/qemu'
import { readSnapshot, restoreMachine, SnapshotError, saveMachine } from 'guestmem/snapshot'
import { describe, expect, test } from 'vitest'
import { recordings } from '../qemu/corpus.ts'
import { bytesOf } from './support/streams.ts'

/** What there is of a machine, as QEMU prints it. */
function printed({ spaces }: QemuMachine): string {
  return [formatMtree(spaces, { disabled: true }), ...spaces.map(space => formatFlatView(space))].join('\n')
}

/** Stores into RAM all over the map. @returns What can be read again. */
function store(spaces: readonly AddressSpace[]): (at: readonly AddressSpace[]) => string[] {
  const places: [space: number, address: number][] = []
  // One guest RAM at most of each machine is allocated, so that 128 GiB of them take no memory.
  for (const [index, space] of spaces.entries())
    for (const { start, end, region } of space.view.ranges
      .filter(({ region: { block } }) => block !== undefined)
      .slice(0, 12))
      if (region.size <= 2 ** 28) places.push([index, start], [index, end - 4])
  for (const [index, address] of places) spaces[index]?.writeRom(address, Uint8Array.of(index, 2, 3, address % 251))
  const at = (all: readonly AddressSpace[]) =>
    places.map(([index, address]) => {
      const bytes = new Uint8Array(4)
      all[index]?.read(address, bytes)
      return `${index} ${address} ${bytes}`
    })
  return at
}

/** Moves what can be moved, so that the map is no more what a machine begins with. */
function disturb({ regions }: QemuMachine): void {
  MemoryRegion.transaction(() => {
    for (const [index, region] of regions.entries()) {
      if (index % 7 === 1 && region.container !== undefined) region.setEnabled(!region.enabled)
      if (index % 11 === 2 && region.container !== undefined) region.setAddress(region.address + 0x1000)
      if (region.kind === 'romDevice') region.setRomdMode(false)
      if (index % 13 === 3) region.setReadonly(!region.readonly)
      const { container, address, priority } = region
      if (index % 5 === 4 && container !== undefined) {
        container.removeSubregion(region)
        if (index % 2 === 0) container.addSubregion(address, region, Math.min(priority + 1, 2 ** 31 - 1))
      }
    }
  })
}

describe.each(['maps', 'changes'])('every recorded machine of %s is saved and restored', folder => {
  test.each(recordings(folder, '.json'))('$name', async ({ text }) => {
    const saved = machineFromJson(text)
    const options = { regions: saved.regions }
    const read = store(saved.spaces)
    disturb(saved)
    const wanted = [printed(saved), read(saved.spaces)]
    const file = await bytesOf(saveMachine(saved.spaces, options))
    const restored = machineFromJson(text)
    await restoreMachine(restored.spaces, file, { regions: restored.regions })
    expect([printed(restored), read(restored.spaces)]).toEqual(wanted)
    const { regions } = await readSnapshot(file)
    expect(regions.length).toBeGreaterThanOrEqual(saved.regions.length)
  })
})

test('a file of one machine is refused by each other one, with what differs, and nothing has changed', async () => {
  const [first, ...others] = recordings('maps', '.json').slice(0, 12)
  const saved = machineFromJson(first?.text)
  store(saved.spaces)
  const file = await bytesOf(saveMachine(saved.spaces))
  for (const { text } of others) {
    const other = machineFromJson(text)
    const before = printed(other)
    const refused = restoreMachine(other.spaces, file)
    await expect(refused).rejects.toThrow(SnapshotError)
    await expect(refused).rejects.toThrow(/it is of another machine: .*"/)
    expect(printed(other)).toBe(before)
  }
})

test('a machine built from the monitor takes what one that was built so gave', async () => {
  const text = recordings('monitor', '.mtree.txt')[0]?.text as string
  const saved = machineFromMtree(text)
  const read = store(saved.spaces)
  const file = await bytesOf(saveMachine(saved.spaces, { regions: saved.regions }))
  const restored = machineFromMtree(text)
  await restoreMachine(restored.spaces, file, { regions: restored.regions })
  expect([printed(restored), read(restored.spaces)]).toEqual([printed(saved), read(saved.spaces)])
})
