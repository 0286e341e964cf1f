import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { readSnapshot, restoreMachine, SnapshotError, saveMachine } from 'guestmem/snapshot'
import { describe, expect, test } from 'vitest'
import { getU32, setU32 } from '../../src/snapshot/words.ts'
import { chunksOf } from './support/file-damage.ts'
import { chunkOf, recordAt, reseal, seal, sealHeader, typeOf } from './support/reseal.ts'
import { bytesOf, joined } from './support/streams.ts'

const PAGE = 4096
const HERE = 0xffff_fffe
const ZERO = 0xffff_ffff
const NOTHING = new Uint8Array(0)

/** Two blocks: of the first the pages 0 to 3 differ, and 4 is as 0 is. */
function board(used: boolean) {
  const memory = GuestRam.allocate(40 * PAGE)
  const blocks = [memory.block('a', 20 * PAGE), memory.block('b', 5 * PAGE - 100)] as const
  const root = MemoryRegion.container('root', 2 ** 32)
  for (const [i, block] of blocks.entries()) root.addSubregion(0x10_0000 * i, MemoryRegion.ram(block.name, block))
  const space = new AddressSpace('space', root)
  for (const block of blocks) block.view().fill(used ? 0 : 0x55)
  if (used) {
    for (let page = 0; page < 5; page++) blocks[0].view().fill(1 + (page % 4), page * PAGE, (page + 1) * PAGE)
    blocks[1].view().fill(9, 0, PAGE)
  }
  return { space, bytes: () => joined(blocks.map(block => block.view().slice())) }
}

interface Parts {
  header: Uint8Array
  /** In their order: MACH, RAM of the first block, RAM of the second, FULL, MAP, DEV, END. */
  chunks: Uint8Array[]
}

const first = ({ chunks }: Parts) => chunks[1] as Uint8Array
const set = (what: 'page' | 'check' | 'from' | 'fromPage', n: number, value: number) => (parts: Parts) =>
  setU32(first(parts), recordAt(first(parts), n) + 4 * ['page', 'check', 'from', 'fromPage'].indexOf(what), value)
const header = (at: number, value: number) => (parts: Parts) => setU32(parts.header, at, value)
const insert = (at: number, type: string) => (parts: Parts) => void parts.chunks.splice(at, 0, chunkOf(type, NOTHING))

async function parts(): Promise<Parts> {
  const { header, chunks } = chunksOf(await bytesOf(saveMachine(board(true).space)))
  expect(chunks.map(typeOf)).toEqual(['MACH', 'RAM ', 'RAM ', 'FULL', 'MAP ', 'DEV ', 'END '])
  return { header, chunks }
}

async function refused(file: Uint8Array, message: RegExp): Promise<void> {
  const target = board(false)
  const before = target.bytes()
  const error = await restoreMachine(target.space, file).catch(thrown => thrown)
  expect(error).toBeInstanceOf(SnapshotError)
  expect(error.message).toMatch(message)
  expect(error.changed).toBe(false)
  expect(Buffer.compare(target.bytes(), before)).toBe(0)
}

test('what is sealed again as it was is taken', async () => {
  const { header, chunks } = await parts()
  const target = board(false)
  await restoreMachine(target.space, reseal(header, chunks))
  expect(Buffer.compare(target.bytes(), board(true).bytes())).toBe(0)
})

describe('a file whose checksums are right is refused where it says', () => {
  test.each<[string, (parts: Parts) => void, RegExp]>([
    ['a block that is not there', parts => setU32(first(parts), 24, 7), /there is no RAM block 7/],
    ['a page past the end', set('page', 3, 20), /there is no page 20 of RAM block "a"/],
    ['a page twice', set('page', 1, 0), /page 0 of RAM block "a" comes twice/],
    ['that a page has bytes which are not there', set('from', 4, HERE), /the bytes of page 4 of .* are missing/],
    ['less pages than it has bytes of', set('from', 3, ZERO), /it has more bytes than its pages are/],
    ['another checksum of a page', set('check', 0, 5), /the checksum of page 0 of RAM block "a" is wrong/],
    ['that a page is as one that never comes', set('fromPage', 4, 9), /page 4 .* as one that has not come/],
    ['that a page is as one that comes later', set('from', 4, 1), /page 4 .* as one that has not come/],
    ['that a page is as one of no block', set('from', 4, 2), /page 4 .* as one that has not come/],
    ['that a page is as one that is another', set('fromPage', 4, 1), /page 4 .* as one that is another/],
    ['twice that all pages have come', insert(3, 'FULL'), /\(FULL\): no such chunk has a place here/],
    ['never that all pages have come', ({ chunks }) => void chunks.splice(3, 1), /a chunk FULL must be ahead of it/],
    ['that it waits for an answer', insert(3, 'SYNC'), /a chunk FULL must be ahead of it/],
    ['the same behind it', insert(4, 'SYNC'), /a chunk MAP must be here/],
    ['that it was given up', insert(2, 'STOP'), /the source has given it up/],
    ['that it is to be taken', insert(6, 'TAKE'), /a chunk END must be here/],
    [
      'pages behind the map',
      ({ chunks }) => void chunks.splice(6, 0, chunkOf('RAM ', new Uint8Array(16))),
      /a chunk END must be here/,
    ],
    ['no devices', ({ chunks }) => void chunks.splice(5, 1), /a chunk DEV must be here/],
    ['another version', header(8, 2), /version 2 of the format, and this is for version 1/],
    ['flags that nobody knows', header(12, 4), /flags that are not known, 4/],
    ['a generation, and is a base', header(32, 1), /its generation is not as its flags say/],
    ['that it is an increment, the first one', header(12, 1), /its generation is not as its flags say/],
    ['pages of another size', header(36, 8192), /it has pages of 8192 bytes/],
    [
      'more regions than it has room for',
      ({ chunks }) => setU32(chunks[4] as Uint8Array, 24, 9),
      /a number of it must be from 2|from 3/,
    ],
  ])('%s', async (_, forge, message) => {
    const forged = await parts()
    forge(forged)
    await refused(reseal(forged.header, forged.chunks), message)
  })

  const atEnd = (change: (payload: Uint8Array) => void) => async () => {
    const { header, chunks } = await parts()
    reseal(header, chunks)
    const end = chunks.at(-1) as Uint8Array
    change(end.subarray(24))
    seal(end, chunks.length - 1)
    await refused(joined([header, ...chunks]), /the checksum of the whole file is wrong/)
  }
  test(
    'another digest',
    atEnd(payload => setU32(payload, 12, getU32(payload, 12) ^ 1)),
  )
  test(
    'another second half of the digest',
    atEnd(payload => setU32(payload, 16, getU32(payload, 16) ^ 1)),
  )
  test(
    'another number of chunks',
    atEnd(payload => setU32(payload, 0, getU32(payload, 0) + 1)),
  )
  test(
    'another number of bytes',
    atEnd(payload => {
      payload[4] = (payload[4] as number) ^ 1
    }),
  )

  test('a byte behind its end', async () => {
    const { header, chunks } = await parts()
    await refused(joined([reseal(header, chunks), Uint8Array.of(0)]), /the end of the file: bytes follow/)
  })

  test('a chunk that is longer than one may be', async () => {
    const { header, chunks } = await parts()
    const chunk = chunkOf('MACH', new Uint8Array(2 ** 19 + 1))
    seal(chunk, 0)
    sealHeader(header)
    await refused(joined([header, chunk, ...chunks]), /its length is 524289, of at most 524288 bytes/)
  })

  test('a kind of chunk that there is not', async () => {
    const { header, chunks } = await parts()
    chunks.splice(1, 0, chunkOf('ROM ', NOTHING))
    await refused(reseal(header, chunks), /it is of no kind that there is/)
  })

  test('more pages than a chunk may have', async () => {
    const { header, chunks } = await parts()
    const payload = new Uint8Array(16 + 4097 * 16)
    setU32(payload, 4, 4097)
    chunks.splice(1, 1, chunkOf('RAM ', payload))
    await refused(reseal(header, chunks), /it has more pages than a chunk may have/)
  })
})

test('what is equal is looked at where it is restored: to read a file needs no memory', async () => {
  const forged = await parts()
  set('fromPage', 4, 1)(forged)
  await expect(readSnapshot(reseal(forged.header, forged.chunks))).resolves.toMatchObject({ live: false })
})
