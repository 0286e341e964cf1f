import fc from 'fast-check'
import { AddressSpace, GuestRam, MemoryRegion, ramFill } from 'guestmem'
import { checkpoint, readSnapshot, restoreMachine, SnapshotChain, SnapshotError, saveMachine } from 'guestmem/snapshot'
import { describe, expect, test } from 'vitest'
import { zeroPagesFrom } from '../../src/snapshot/guest-pages.ts'
import { runs } from '../support/campaign.ts'
import { act, build, close, machinePlan, perform, seen, wrongByte } from './support/random-machine.ts'
import { bytesOf } from './support/streams.ts'

const PAGE = 4096

function board(pages = 64) {
  const block = GuestRam.allocate(pages * PAGE).block('ram', pages * PAGE)
  const root = MemoryRegion.container('root', 2 ** 32)
  const ram = MemoryRegion.ram('ram', block)
  root.addSubregion(0, ram)
  return { block, root, ram, space: new AddressSpace('space', root) }
}

async function next(chain: SnapshotChain): Promise<Uint8Array> {
  const save = chain.save()
  const bytes = await bytesOf(save.stream)
  save.commit()
  return bytes
}

test('random machines are what they were at each file of a chain, whichever saves were lost', async () => {
  const turn = fc.record({
    acts: fc.array(act, { maxLength: 8 }),
    fate: fc.constantFrom('kept', 'lost', 'given up', 'rolled back'),
  })
  await fc.assert(
    fc.asyncProperty(machinePlan, fc.array(turn, { minLength: 1, maxLength: 8 }), async (plan, turns) => {
      const machine = build(plan)
      const chain = new SnapshotChain(machine.spaces, machine.options)
      const kept: { file: Uint8Array; seen: unknown; model: Uint8Array[] }[] = []
      for (const { acts, fate } of turns) {
        // Another user of the same marks, at the same time.
        const point = fate === 'rolled back' ? checkpoint(machine.spaces, machine.options) : undefined
        const model = machine.model.map(bytes => bytes.slice())
        for (const each of acts) perform(machine, each)
        if (point !== undefined) {
          point.rollback()
          point.dispose()
          for (const [index, bytes] of model.entries()) machine.model[index]?.set(bytes)
        }
        const save = chain.save()
        if (fate === 'given up') {
          const reader = save.stream.getReader()
          await reader.read()
          await reader.cancel()
          expect(() => save.commit()).toThrow(/must be read to its end/)
          save.abort()
          continue
        }
        const file = await bytesOf(save.stream)
        if (fate === 'lost') save.abort()
        else {
          save.commit()
          kept.push({ file, seen: seen(machine), model: machine.model.map(bytes => bytes.slice()) })
        }
      }
      for (const [index, wanted] of kept.entries()) {
        const restored = build(plan)
        await restoreMachine(
          restored.spaces,
          kept.slice(0, index + 1).map(({ file }) => file),
          restored.options,
        )
        expect(seen(restored)).toEqual(wanted.seen)
        expect(wrongByte(restored, wanted.model)).toBeUndefined()
        close(restored)
      }
      chain.end()
      close(machine)
    }),
    runs(250),
  )
})

test('an increment has the pages that were stored to, and no other; those that became zero, too', async () => {
  const { space, block } = board()
  for (let page = 0; page < 60; page++) space.store32(page * PAGE, page + 1)
  const chain = new SnapshotChain(space)
  const base = await next(chain)
  space.store32(7 * PAGE, 99)
  space.store32(8 * PAGE, 0)
  expect(chain.dirtyBytes).toBe(2 * PAGE)
  const increment = await next(chain)
  expect([chain.dirtyBytes, chain.generation]).toEqual([0, 2])
  chain.end()
  expect(() => chain.save()).toThrow(/was ended/)
  const { blocks, generation, id, live } = await readSnapshot(increment)
  expect(blocks).toEqual([{ name: 'ram', size: 64 * PAGE, dataPages: 1, samePages: 0, zeroPages: 1 }])
  expect([generation, id, live]).toEqual([1, chain.id, false])
  expect(increment.length).toBeLessThan(2 * PAGE)
  const target = board()
  await restoreMachine(target.space, [base, increment])
  expect(Buffer.compare(target.block.view(), block.view())).toBe(0)
})

test('of an increment more pages became zero than a chunk can tell of', async () => {
  const pages = 4096 + 500
  const { space, block } = board(pages)
  block.view().fill(1)
  const chain = new SnapshotChain(space)
  const base = await next(chain)
  // As the guest stores.
  for (let page = 0; page < pages; page++) ramFill(block, page * PAGE, 0, PAGE)
  const increment = await next(chain)
  chain.end()
  expect((await readSnapshot(increment)).blocks[0]).toMatchObject({ dataPages: 0, samePages: 0, zeroPages: pages })
  const target = board(pages)
  await restoreMachine(target.space, [base, increment])
  expect(zeroPagesFrom(target.block, 0, pages)).toBe(pages)
})

describe('what is no chain is refused, and nothing has changed', () => {
  async function files() {
    const { space } = board()
    const chain = new SnapshotChain(space)
    const made: Uint8Array[] = []
    for (let i = 0; i < 4; i++) {
      space.store32(i * PAGE, i + 1)
      made.push(await next(chain))
    }
    chain.end()
    const other = new SnapshotChain(space)
    const others = [await next(other), await next(other)]
    other.end()
    return { made, others, single: await bytesOf(saveMachine(space)) }
  }

  test.each<[string, (of: Awaited<ReturnType<typeof files>>) => (Uint8Array | undefined)[], RegExp]>([
    ['an increment alone', ({ made }) => [made[1]], /byte 32, .* it is increment 1 of \w{32}, and needs that base/],
    [
      'one left out',
      ({ made }) => [made[0], made[2]],
      /byte 32 of source\[1\], .* it is increment 2, and 1 must be next/,
    ],
    ['two in the wrong order', ({ made }) => [made[0], made[2], made[1]], /it is increment 2, and 1 must be next/],
    ['one twice', ({ made }) => [made[0], made[1], made[1]], /source\[2\], .* it is increment 1, and 2 must be next/],
    [
      'of another base',
      ({ made, others }) => [made[0], others[1]],
      /it is an increment of \w{32}, and the base is \w{32}/,
    ],
    ['a base behind a base', ({ made, single }) => [made[0], single], /a base is the first of all files/],
  ])('%s', async (_, choose, message) => {
    const { block, space } = board()
    space.store32(0x123, 5)
    const before = block.view().slice()
    const source = choose(await files()) as Uint8Array[]
    await expect(restoreMachine(space, source)).rejects.toThrow(message)
    await expect(restoreMachine(space, source)).rejects.toThrow(SnapshotError)
    expect(Buffer.compare(block.view(), before)).toBe(0)
  })

  test('upon a base that was saved again: the number is right, the file is not', async () => {
    const { space } = board()
    const chain = new SnapshotChain(space)
    const lost = chain.save()
    const first = await bytesOf(lost.stream)
    lost.abort()
    space.store32(0x100, 1)
    const base = await next(chain)
    const increment = await next(chain)
    chain.end()
    const target = board()
    await restoreMachine(target.space, [base, increment])
    await expect(restoreMachine(target.space, [first, increment])).rejects.toThrow(/made upon another file/)
  })
})

test('a save ends once, and is the only one at a time', async () => {
  const { space } = board()
  const chain = new SnapshotChain(space)
  const save = chain.save()
  expect(() => chain.save()).toThrow(/file 0 must be committed or aborted/)
  expect(() => save.commit()).toThrow(/read to its end/)
  await bytesOf(save.stream)
  save.commit()
  expect(() => save.commit()).toThrow(/was committed/)
  expect(() => save.abort()).toThrow(/was committed/)
  chain.end()
  chain.end()
})

test('a region that came later must have been given when the chain was made', async () => {
  const { space, root } = board()
  const later = MemoryRegion.container('later', 16)
  const chain = new SnapshotChain(space)
  const told = new SnapshotChain(space, { regions: [later] })
  root.addSubregion(0x10_0000, later)
  expect(() => chain.save()).toThrow(/options.regions must have .* "later" was not there/)
  await next(told)
  chain.end()
  told.end()
})

test('a mark that a checkpoint has taken is in the next file all the same, and the other way round', async () => {
  const { space, block } = board()
  const chain = new SnapshotChain(space)
  const first = checkpoint(space)
  const files = [await next(chain)]
  space.store32(0x1000, 1)
  const second = checkpoint(space)
  space.store32(0x2000, 2)
  files.push(await next(chain))
  const target = board()
  await restoreMachine(target.space, files)
  expect(Buffer.compare(target.block.view(), block.view())).toBe(0)
  second.rollback()
  expect([space.load32(0x1000), space.load32(0x2000)]).toEqual([1, 0])
  first.rollback()
  expect([space.load32(0x1000), space.load32(0x2000)]).toEqual([0, 0])
  first.dispose()
  second.dispose()
  chain.end()
})
