import { createReadStream, createWriteStream, mkdtempSync, openAsBlob, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import {
  AddressSpace,
  addCoalescing,
  DirtyClient,
  GuestRam,
  isDirty,
  MemoryRegion,
  type RamBlock,
  registerMemoryListener,
  resizableRam,
  resizeRam,
  testAndClearDirty,
} from 'guestmem'
import { readSnapshot, restoreMachine, SnapshotError, type SnapshotSource, saveMachine } from 'guestmem/snapshot'
import { describe, expect, test } from 'vitest'
import { heapBytes } from '../support/collect.ts'
import { later } from '../support/later.ts'
import { bytesOf, inPieces } from './support/streams.ts'

const PAGE = 4096
const MIB = 2 ** 20

function board(bytes: number, used = 0) {
  const block = GuestRam.allocate(bytes).block('ram', bytes)
  const root = MemoryRegion.container('root', 2 ** 40)
  const ram = MemoryRegion.ram('ram', block)
  root.addSubregion(0, ram)
  const space = new AddressSpace('space', root)
  // Every page another one.
  for (let at = 0; at < used; at += PAGE) space.store32(at, at + 1)
  return { block, root, ram, space }
}

const same = (a: RamBlock, b: RamBlock) => Buffer.compare(a.view(), b.view()) === 0

describe('a saved machine is read from', () => {
  const folder = mkdtempSync(join(tmpdir(), 'guestmem-snapshot-'))
  const path = join(folder, 'machine')
  const saved = board(MIB, 100 * PAGE)

  test.each<[string, (file: Uint8Array) => SnapshotSource | Promise<SnapshotSource>]>([
    ['an array of bytes', file => file],
    [
      'an array of shared memory',
      file => new Uint8Array(new SharedArrayBuffer(file.length)).map((_, i) => file[i] as number),
    ],
    ['a Blob', file => new Blob([file as never])],
    ['a web stream', file => new Blob([file as never]).stream() as never],
    ['an async generator', file => inPieces(file, 1, 100, 100_000)],
    ['a stream of Node', () => createReadStream(path)],
    ['a file, each time anew', () => () => createReadStream(path)],
    ['a file as a Blob', () => openAsBlob(path)],
    ['the answer of a server', file => new Response(file as never).body as never],
    ['a function that fetches', file => async () => new Blob([file as never])],
  ])('%s', async (_, sourceOf) => {
    await saveMachine(saved.space).pipeTo(Writable.toWeb(createWriteStream(path)))
    const file = await bytesOf(saveMachine(saved.space))
    expect(statSync(path).size).toBe(file.length)
    const target = board(MIB, 10 * PAGE)
    await restoreMachine(target.space, await sourceOf(file))
    expect(same(target.block, saved.block)).toBe(true)
    expect((await readSnapshot(await sourceOf(file))).bytes).toBe(file.length)
  })

  test('what the platform has compressed', async () => {
    const packed = saveMachine(saved.space).pipeThrough(
      new CompressionStream('gzip') as never,
    ) as ReadableStream<Uint8Array>
    const file = await bytesOf(packed)
    expect(file.length).toBeLessThan(20 * PAGE)
    const target = board(MIB)
    const unpacked = () => new Blob([file as never]).stream().pipeThrough(new DecompressionStream('gzip'))
    await restoreMachine(target.space, unpacked)
    expect(same(target.block, saved.block)).toBe(true)
    rmSync(folder, { recursive: true })
  })
})

test('zero pages are left out, equal ones are there once, and so the file says', async () => {
  const { space, block } = board(MIB)
  block.view().fill(7, 10 * PAGE, 60 * PAGE)
  space.store8(99 * PAGE + 4095, 1)
  const file = await bytesOf(saveMachine(space))
  const { blocks, spaces, regions, devices } = await readSnapshot(file)
  expect(blocks).toEqual([{ name: 'ram', size: MIB, dataPages: 2, samePages: 49, zeroPages: 0 }])
  expect(file.length).toBeLessThan(3 * PAGE)
  expect([spaces, regions.map(({ name }) => name), devices]).toEqual([
    [{ name: 'space', endian: 'little' }],
    ['root', 'ram'],
    [],
  ])
  const target = board(MIB, MIB)
  await restoreMachine(target.space, file)
  expect(same(target.block, block)).toBe(true)
})

describe('a stream is made as it is read', () => {
  test('pages are copied when their chunk is asked for', async () => {
    const { space } = board(4 * MIB, 4 * MIB)
    const reader = saveMachine(space).getReader()
    await reader.read()
    await reader.read()
    await later(1)
    // Ahead of the reader there is nothing: a page is copied with its chunk, be it the next one or the last.
    space.store32(8, 0x8765_4321)
    space.store32(4 * MIB - 8, 0x1234_5678)
    const chunks: Uint8Array[] = []
    for (let next = await reader.read(); !next.done; next = await reader.read())
      if (next.value.length > 10_000) chunks.push(next.value)
    const word = (chunk: Uint8Array, at: number) =>
      new DataView(chunk.buffer, chunk.byteOffset + 40).getUint32(at, true)
    expect(word(chunks[0] as Uint8Array, 8)).toBe(0x8765_4321)
    expect(word(chunks.at(-1) as Uint8Array, 64 * PAGE - 8)).toBe(0x1234_5678)
  })

  test('and takes the memory of a few chunks, whatever the machine has, as restoring does', async () => {
    const bytes = 96 * MIB
    const saved = board(bytes, bytes)
    const used = () => heapBytes() + process.memoryUsage().arrayBuffers
    let most = 0
    let count = 0
    const before = used()
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      const reader = saveMachine(saved.space).getReader()
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        yield next.value
        if (count++ % 40 === 0) most = Math.max(most, used() - before)
      }
    }
    for await (const piece of counted()) expect(piece.length).toBeLessThan(2 ** 19)
    expect(most).toBeLessThan(8 * MIB)
    const target = board(bytes)
    await restoreMachine(target.space, counted())
    expect(most).toBeLessThan(64 * MIB)
    expect(same(target.block, saved.block)).toBe(true)
    expect(count).toBeGreaterThan(700)
  })
})

describe('a stream that is too long to be kept', () => {
  const bytes = 40 * MIB
  const saved = board(bytes, bytes)

  test('and is cut off: all that came is put back', async () => {
    const file = await bytesOf(saveMachine(saved.space))
    const target = board(bytes, 3 * MIB)
    const before = target.block.view().slice()
    await expect(restoreMachine(target.space, inPieces(file.subarray(0, file.length - 1), 65_536))).rejects.toThrow(
      /1 bytes too early/,
    )
    expect(Buffer.compare(target.block.view(), before)).toBe(0)
    await restoreMachine(target.space, inPieces(file, 65_536))
    expect(same(target.block, saved.block)).toBe(true)
  })

  test('and would overwrite more than can be put back is refused, and says what to do; a Blob is not', async () => {
    const file = await bytesOf(saveMachine(saved.space))
    const target = board(bytes, bytes)
    target.block.view().fill(9, 100)
    const before = target.block.view().slice()
    await expect(restoreMachine(target.space, inPieces(file, 65_536))).rejects.toThrow(
      /source must be one that can be read twice/,
    )
    expect(Buffer.compare(target.block.view(), before)).toBe(0)
    await restoreMachine(target.space, new Blob([file as never]))
    expect(same(target.block, saved.block)).toBe(true)
  })
})

test('a source that gives something else the second time: put back, or else said so', async () => {
  const saved = board(44 * MIB, 44 * MIB)
  const file = await bytesOf(saveMachine(saved.space))
  const twice = () => {
    let calls = 0
    return () => (calls++ === 0 ? file : file.subarray(0, file.length - 1))
  }
  const target = board(44 * MIB, MIB)
  const before = target.block.view().slice()
  const error = await restoreMachine(target.space, twice()).catch(thrown => thrown)
  expect(error).toBeInstanceOf(SnapshotError)
  expect(error.changed).toBe(false)
  expect(Buffer.compare(target.block.view(), before)).toBe(0)
  target.block.view().fill(9)
  const worse = await restoreMachine(target.space, twice()).catch(thrown => thrown)
  expect([worse.name, worse.changed]).toEqual(['SnapshotError', true])
  expect(worse.message).toMatch(/must not run/)
})

describe('a device that throws when all pages are stored: what was in use is put back, of 40 MiB', () => {
  const pages = 10_240
  const saved = board(44 * MIB, 44 * MIB)
  const devices = (load: () => void) => ({ devices: { uart: { save: () => 1, load } } })
  const fails = devices(() => {
    throw new Error('the device is broken')
  })

  test.each<[string, number, (file: Uint8Array) => SnapshotSource, boolean]>([
    ['from memory', pages, file => file, false],
    ['from memory, and a page more', pages + 1, file => file, true],
    ['from a Blob', pages, file => new Blob([file as never]), false],
    ['from a Blob, and a page more', pages + 1, file => new Blob([file as never]), true],
  ])('%s', async (_, used, sourceOf, isChanged) => {
    const file = await bytesOf(saveMachine(saved.space, fails))
    const target = board(44 * MIB)
    target.block.view().fill(9, 0, (used - 100) * PAGE)
    // Of some pages the file has the bytes that they begin with.
    for (let page = used - 100; page < used; page++) target.space.store32(page * PAGE, page * PAGE + 1)
    for (let page = used - 100; page < used; page++) target.space.store8(page * PAGE + 99, 1)
    const before = target.block.view().slice()
    const error = await restoreMachine(target.space, sourceOf(file), fails).catch(thrown => thrown)
    expect(error.message).toMatch(/the device is broken$/)
    expect([error instanceof SnapshotError, error.changed]).toEqual(isChanged ? [true, true] : [false, undefined])
    expect(Buffer.compare(target.block.view(), isChanged ? saved.block.view() : before)).toBe(0)
    const loaded: number[] = []
    await restoreMachine(
      target.space,
      sourceOf(file),
      devices(() => loaded.push(1)),
    )
    expect(loaded).toEqual([1])
    expect(same(target.block, saved.block)).toBe(true)
  })
})

test('a listener that throws when the map changes: map, memory and devices are as they were', async () => {
  const make = (count: number) => {
    const made = board(MIB, count * PAGE)
    const device = { count }
    const devices = {
      device: { save: () => device.count, load: (state: unknown) => void Object.assign(device, { count: state }) },
    }
    return { ...made, device, devices }
  }
  const saved = make(9)
  saved.ram.setAddress(0x8000_0000)
  const file = await bytesOf(saveMachine(saved.space, { devices: saved.devices }))
  const target = make(3)
  const before = target.block.view().slice()
  let asked = 0
  const end = registerMemoryListener(target.space, {
    regionAdd: () => {
      // Not where it is told of the map that is there, nor when that is put back.
      if (++asked === 2) throw new Error('the accelerator has no slot')
    },
  })
  await expect(restoreMachine(target.space, file, { devices: target.devices })).rejects.toThrow('no slot')
  expect([target.ram.address, target.device.count]).toEqual([0, 3])
  expect(Buffer.compare(target.block.view(), before)).toBe(0)
  await restoreMachine(target.space, file, { devices: target.devices })
  expect([target.ram.address, target.device.count]).toEqual([0x8000_0000, 9])
  end()
})

test('who logs memory gets marks of what has changed, who begins to log it by this, of all of it', async () => {
  const saved = board(16 * PAGE)
  saved.space.store32(3 * PAGE, 1)
  saved.ram.setLog(DirtyClient.VGA, true)
  saved.ram.setLog(DirtyClient.CODE, true)
  const file = await bytesOf(saveMachine(saved.space))
  const target = board(16 * PAGE)
  target.ram.setLog(DirtyClient.CODE, true)
  target.space.store32(5 * PAGE, 2)
  for (const client of [DirtyClient.VGA, DirtyClient.CODE]) testAndClearDirty(target.ram, 0, 16 * PAGE, client)
  await restoreMachine(target.space, file)
  const marked = (client: DirtyClient) => [3, 5, 8].map(page => isDirty(target.ram, page * PAGE, 1, client))
  expect([marked(DirtyClient.CODE), marked(DirtyClient.VGA)]).toEqual([
    [true, true, false],
    [true, true, true],
  ])
  expect(target.ram.dirtyLogMask).toBe(DirtyClient.VGA | DirtyClient.CODE)
  for (const { ram } of [saved, target]) for (const client of [1, 2] as const) ram.setLog(client, false)
})

test('resizable RAM tells its device of the size, and the map is by then what it is to be', async () => {
  const make = () => {
    const block = GuestRam.allocate(16 * PAGE).block('ram', 16 * PAGE)
    const told: [number, number][] = []
    const ram = resizableRam('ram', block, PAGE, { resized: bytes => told.push([bytes, ram.address]) })
    const root = MemoryRegion.container('root', 2 ** 32)
    root.addSubregion(0, ram)
    return { ram, told, space: new AddressSpace('space', root) }
  }
  const saved = make()
  resizeRam(saved.ram, 5 * PAGE + 8)
  saved.ram.setAddress(0x5000)
  const target = make()
  await restoreMachine(target.space, saveMachine(saved.space))
  expect(target.told).toEqual([[5 * PAGE + 8, 0x5000]])
  expect(target.ram.size).toBe(5 * PAGE + 8)
})

test('writes that are buffered for a device are made before its state is taken, and before it gets another', async () => {
  const make = () => {
    const device = { value: 0 }
    const set = (value: unknown): void => {
      device.value = value as number
    }
    const region = MemoryRegion.io('device', { read: () => device.value, write: (_, value) => set(value) }, 16)
    const root = MemoryRegion.container('root', 2 ** 32)
    root.addSubregion(0, region)
    const space = new AddressSpace('space', root)
    addCoalescing(region, 0, 4)
    const buffered: (() => void)[] = []
    const end = registerMemoryListener(space, {
      coalescedIoFlush() {
        for (const write of buffered.splice(0)) write()
      },
    })
    const devices = {
      device: { save: () => device.value, load: set },
    }
    return { device, set, space, devices, buffered, end }
  }
  const saved = make()
  saved.buffered.push(() => saved.set(5))
  const file = await bytesOf(saveMachine(saved.space, { devices: saved.devices }))
  const target = make()
  target.buffered.push(() => target.set(7))
  await restoreMachine(target.space, file, { devices: target.devices })
  expect([saved.device.value, target.device.value, target.buffered.length]).toEqual([5, 5, 0])
  saved.end()
  target.end()
})

describe('what does not fit is refused by name, and nothing has changed', () => {
  const device = (value: unknown) => ({ save: () => value, load: () => {} })

  async function refused(
    options: Parameters<typeof restoreMachine>[2],
    change: (target: ReturnType<typeof board>) => unknown,
  ): Promise<string> {
    const saved = board(16 * PAGE, 3 * PAGE)
    const file = await bytesOf(saveMachine(saved.space, { devices: { uart: device(5) } }))
    const target = board(16 * PAGE)
    const spaces = change(target) ?? target.space
    const error = await restoreMachine(spaces as AddressSpace, file, options).catch(thrown => thrown)
    expect(error).toBeInstanceOf(SnapshotError)
    expect(target.block.view().every(byte => byte === 0)).toBe(true)
    return error.message
  }
  const uart = { devices: { uart: device(0) } }

  test.each<[string, Parameters<typeof restoreMachine>[2], (target: ReturnType<typeof board>) => unknown, RegExp]>([
    ['a device that is not there', {}, () => {}, /state of a device "uart", which is not in options.devices/],
    [
      'one that has no state',
      { devices: { uart: device(0), pit: device(0) } },
      () => {},
      /no state of options.devices\["pit"\]/,
    ],
    [
      'a region more',
      uart,
      ({ root }) => root.addSubregion(0, MemoryRegion.container('more', 1)),
      /region "more" is here and not in the file: .* options.regions/,
    ],
    [
      'a region less',
      uart,
      ({ root, ram }) => root.removeSubregion(ram),
      /region "ram" is in the file and not here: .* options.regions/,
    ],
    [
      'another space',
      uart,
      ({ root }) => new AddressSpace('other', root),
      /space 0 is "space" in the file, "other" here/,
    ],
    [
      'a space of another byte order',
      uart,
      ({ root }) => new AddressSpace('space', root, { endian: 'big' }),
      /"space" is little-endian in the file, big here/,
    ],
    ['more spaces', uart, ({ space }) => [space, space], /it has 1 address spaces, and spaces has 2/],
    [
      'memory of another size',
      uart,
      () => board(17 * PAGE).space,
      /RAM block "ram" has 65536 bytes in the file, 69632 here/,
    ],
    [
      'a region of another kind',
      uart,
      ({ root, ram, block }) => {
        root.removeSubregion(ram)
        root.addSubregion(0, MemoryRegion.rom('ram', block))
      },
      /region "ram" is of another kind: "ram" in the file, "rom" here/,
    ],
  ])('%s', async (_, options, change, message) => {
    expect(await refused(options, change)).toMatch(message)
  })

  test('a device that has no state, or a promise of one', () => {
    const { space } = board(PAGE)
    const save = (state: unknown) => () => saveMachine(space, { devices: { uart: device(state) } })
    expect(save(() => 0)).toThrow(
      /^options.devices\["uart"\].save\(\) must be a value that can be saved .* got a function$/,
    )
    expect(save(Promise.resolve(5))).toThrow(/options.devices\["uart"\].save\(\) must be a state, got a promise/)
    expect(save(new Uint8Array(17 * MIB))).toThrow(/within 16777216 bytes: what is larger belongs in RAM blocks/)
    // @ts-expect-error
    expect(() => saveMachine(space, { devices: { uart: { save: () => 0 } } })).toThrow(
      /options.devices\["uart"\].load must be a function/,
    )
  })
})
