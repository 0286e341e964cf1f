import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { AddressSpace, GuestRam, MemoryRegion, type RamBlock, ramCopy } from 'guestmem'
import { readSnapshot, restoreMachine, SnapshotChain, SnapshotError, saveMachine } from 'guestmem/snapshot'
import { describe, expect, test } from 'vitest'
import { checkSource } from '../../src/snapshot/byte-source.ts'
import { machineOf } from '../../src/snapshot/machine.ts'
import { restoreFrom } from '../../src/snapshot/restore-machine.ts'
import { runs } from '../support/campaign.ts'
import { chunksOf, damage, damaged } from './support/file-damage.ts'
import { bytesOf, inPieces, joined } from './support/streams.ts'

const PAGE = 4096

interface Board {
  readonly space: AddressSpace
  readonly blocks: readonly RamBlock[]
  readonly ram: MemoryRegion
  readonly device: { state: unknown; loads: number; fails: boolean; save(): unknown; load(state: unknown): void }
}

/** @param used Else nobody has touched its memory. */
function board(seed: number, used = true): Board {
  const memory = GuestRam.allocate(40 * PAGE, { shared: seed % 2 === 0 })
  const blocks = [memory.block('ram', 20 * PAGE), memory.block('rom', 5 * PAGE - 100)]
  const root = MemoryRegion.container('root', 2 ** 32)
  const ram = MemoryRegion.ram('ram', blocks[0] as RamBlock)
  root.addSubregion(0x1000 * seed, ram, seed)
  root.addSubregion(0x10_0000, MemoryRegion.rom('rom', blocks[1] as RamBlock))
  const device = {
    state: { seed, text: 'state', list: [1, 2n, null, new Uint8Array(20).fill(seed)] } as unknown,
    loads: 0,
    fails: false,
    save: () => device.state,
    load: (state: unknown) => {
      if (device.fails) throw new Error('the device does not want it')
      device.state = state
      device.loads++
    },
  }
  for (const [index, block] of used ? blocks.entries() : []) {
    const bytes = new Uint8Array(block.size)
    for (let page = 0; page < block.size / PAGE; page++)
      // Some are zero, some equal.
      if ((page + seed) % 3 !== 0)
        bytes.fill(1 + ((page * seed) % 4) + index, page * PAGE + (page % 2) * 100, (page + 1) * PAGE)
    ramCopy(block, 0, bytes, 0, bytes.length)
  }
  return { space: new AddressSpace('space', root), blocks, ram, device }
}

/** All of it, in a form that is quickly compared. */
function state({ blocks, ram, device }: Board): string {
  const hash = createHash('sha1')
  for (const block of blocks) hash.update(block.view())
  return `${ram.address} ${ram.priority} ${inspect(device.state, { depth: 9 })} ${hash.digest('hex')}`
}

const optionsOf = ({ device }: Board) => ({ devices: { device } })

describe('a machine whose memory nobody has touched', () => {
  /** In one reading, whatever the source. */
  const SOURCES: Record<string, (file: Uint8Array) => unknown> = {
    array: file => file,
    function: file => () => inPieces(file, 10_000, 1, 50_000),
    stream: file => inPieces(file, 10_000, 1, 50_000),
  }

  test.each(Object.keys(SOURCES))('is restored, or refuses the file and is as it was: %s', async kind => {
    const saved = board(3)
    const file = await bytesOf(saveMachine(saved.space, optionsOf(saved)))
    const wanted = state(saved)
    // Private memory, which is given back as soon as it is garbage: a campaign makes very many of these.
    const zeros = state(board(5, false))
    let refused = 0
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { maxLength: 1 }), async list => {
        const target = board(5, false)
        const source = checkSource(SOURCES[kind]?.(list.reduce(damaged, file)), 'source')
        const error = await restoreFrom(machineOf(target.space, optionsOf(target)), [source], 0).catch(error => error)
        if (error === undefined) expect(state(target)).toBe(wanted)
        else {
          expect([error.constructor, error.changed]).toEqual([SnapshotError, false])
          expect(state(target)).toBe(zeros)
          refused++
        }
      }),
      { ...runs(200), examples: [[[]]] },
    )
    expect(refused).toBeGreaterThan(0)
  })

  test('reads what can be read twice once only', async () => {
    const saved = board(3)
    const file = await bytesOf(saveMachine(saved.space, optionsOf(saved)))
    const opened: boolean[] = []
    for (const used of [false, true]) {
      const target = board(2, used)
      const source = () => {
        opened.push(used)
        return file
      }
      await restoreMachine(target.space, source, optionsOf(target))
      expect(state(target)).toBe(state(saved))
    }
    expect(opened).toEqual([false, true, true])
  })

  test('whose device refuses its state is as it was', async () => {
    const saved = board(3)
    const file = await bytesOf(saveMachine(saved.space, optionsOf(saved)))
    const target = board(2, false)
    target.device.fails = true
    await expect(restoreMachine(target.space, file, optionsOf(target))).rejects.toThrow('does not want it')
    expect(state(target)).toBe(state(board(2, false)))
  })
})

/** Both ways to take a stream: checked ahead, and with pages that are put back. */
const STAGING = { 'checked ahead': 2 ** 20, 'put back': 0 }

describe.each(Object.entries(STAGING))('a damaged file, %s', (_, staging) => {
  async function restore(to: Board, files: readonly Uint8Array[]): Promise<void> {
    const sources = files.map((file, i) => checkSource(inPieces(file, 10_000, 1, 50_000), `source[${i}]`))
    await restoreFrom(machineOf(to.space, optionsOf(to)), sources, staging)
  }

  test('is refused, and nothing has changed, or it is restored to equal bytes', async () => {
    const saved = board(3)
    const file = await bytesOf(saveMachine(saved.space, optionsOf(saved)))
    const wanted = state(saved)
    let target = board(2)
    let before = state(target)
    let refused = 0
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 2 }), async list => {
        const bad = list.reduce(damaged, file)
        try {
          await restore(target, [bad])
        } catch (error) {
          expect(error).toBeInstanceOf(SnapshotError)
          expect((error as SnapshotError).changed).toBe(false)
          expect((error as SnapshotError).message).toMatch(/^at byte \d+, .+: ./)
          expect(state(target)).toEqual(before)
          refused++
          return
        }
        expect(state(target)).toEqual(wanted)
        target = board(2)
        before = state(target)
      }),
      runs(2000),
    )
    expect(refused).toBeGreaterThan(0)
  })

  test('of a base and increments is refused, whichever of them it is', async () => {
    const saved = board(3)
    const chain = new SnapshotChain(saved.space, optionsOf(saved))
    const files: Uint8Array[] = []
    for (let generation = 0; generation < 3; generation++) {
      const save = chain.save()
      files.push(await bytesOf(save.stream))
      save.commit()
      saved.space.store32(0x3000 + 0x2000 * generation, 77)
      saved.space.store32(0x9000, 88 + generation)
    }
    chain.end()
    const target = board(2)
    const before = state(target)
    await fc.assert(
      fc.asyncProperty(damage, fc.nat({ max: 2 }), async (what, which) => {
        const bad = damaged(files[which] as Uint8Array, what)
        fc.pre(Buffer.compare(bad, files[which] as Uint8Array) !== 0)
        await expect(
          restore(
            target,
            files.map((file, i) => (i === which ? bad : file)),
          ),
        ).rejects.toThrow(SnapshotError)
        expect(state(target)).toEqual(before)
      }),
      runs(500),
    )
  })

  test('of which the last device refuses its state: all is put back', async () => {
    const saved = board(3)
    const file = await bytesOf(saveMachine(saved.space, optionsOf(saved)))
    const target = board(2)
    const before = state(target)
    target.device.fails = true
    await expect(restore(target, [file])).rejects.toThrow('the device does not want it')
    expect(state(target)).toEqual(before)
    target.device.fails = false
    await restore(target, [file])
    expect(state(target)).toEqual(state(saved))
  })
})

test('every single bit of a file matters, and every length', async () => {
  const saved = board(5)
  const file = await bytesOf(saveMachine(saved.space, optionsOf(saved)))
  const intact = await readSnapshot(file)
  expect(intact.bytes).toBe(file.length)
  const told = (bytes: Uint8Array): Promise<string> =>
    readSnapshot(bytes).then(
      () => 'taken',
      (error: unknown) => (error instanceof SnapshotError ? error.message : `not a SnapshotError: ${error}`),
    )
  const problems: string[] = []
  const step = Number(process.env.CAMPAIGN ?? 1) > 10 ? 1 : 61
  for (let at = 0; at < file.length; at += step) {
    const bad = file.slice()
    bad[at] = (bad[at] as number) ^ (1 << (at % 8))
    const [changed, cut] = [await told(bad), await told(file.subarray(0, at))]
    if (!changed.startsWith('at byte ')) problems.push(`${at} changed: ${changed}`)
    if (!cut.includes('too early')) problems.push(`${at} bytes: ${cut}`)
  }
  expect(problems).toEqual([])
})

test('chunks that change places are named where they are', async () => {
  const saved = board(3)
  const { header, chunks } = chunksOf(await bytesOf(saveMachine(saved.space, optionsOf(saved))))
  for (let i = 0; i + 1 < chunks.length; i++) {
    const [one, two] = [chunks[i], chunks[i + 1]] as [Uint8Array, Uint8Array]
    const swapped = joined([header, ...chunks.slice(0, i), two, one, ...chunks.slice(i + 2)])
    await expect(readSnapshot(swapped)).rejects.toThrow(`chunk ${i} `)
    await expect(readSnapshot(swapped)).rejects.toThrow(`the chunk with number ${i + 1} is in its place`)
  }
})
