import { checkInteger, checkObject, checkText, type Fields, show } from '../check.ts'
import { isShared } from './access/views.ts'
import { DirtyBitmaps, GUEST_PAGE, IDENTITY } from './dirty/dirty-bitmaps.ts'
import { areTwo, identityOf, mayBeOne, noteIdentity } from './memory-identity.ts'
import { MAX_BYTES } from './memory-tables.ts'
import { PageMap } from './page-map.ts'
import { bufferOfMemory } from './wrapped-memory.ts'

/** What another thread needs to attach to a guest RAM. It may be sent by postMessage. */
export interface GuestRamHandle {
  readonly memory: WebAssembly.Memory | undefined
  readonly buffer: SharedArrayBuffer
  /** Where the guest RAM begins in the buffer, bytes. */
  readonly offset: number
  readonly bytes: number
  /** Which pages are in blocks, and which memory that is (PageMap). */
  readonly cut: SharedArrayBuffer
  /** Which pages were stored to, and who wants to know. */
  readonly dirty: SharedArrayBuffer
  readonly blocks: readonly PlacedBlock[]
}

/** What a handle says of a RAM block. */
export interface PlacedBlock {
  readonly name: string
  /** In the guest RAM, bytes. */
  readonly offset: number
  /** Bytes. */
  readonly size: number
}

/**
 * Checks that all parts of a handle belong to one guest RAM, and that no block of it reaches outside of that.
 *
 * @returns A copy, so that nobody can change a field that was checked.
 * @throws TypeError or RangeError naming the field.
 */
export function checkHandle(value: unknown): GuestRamHandle {
  // Each field is read once, so that a getter can't answer otherwise after the check, and only if it is the handle's
  // own.
  const {
    memory,
    buffer,
    bytes,
    cut,
    dirty,
    blocks,
    offset: begin = 0,
  }: Fields = {
    __proto__: null,
    ...(value as Fields),
  }
  // Kernels access the WebAssembly.Memory and script accesses the buffer, so the buffer is taken from the memory
  // itself.
  const own = memory === undefined ? buffer : bufferOfMemory(memory)
  if (!isShared(own) || !isShared(buffer) || !isShared(cut) || !isShared(dirty) || !Array.isArray(blocks))
    return refuse(`${show(value)}${'handle' in Object(value) ? ': pass its handle' : ''}`)
  const most = Math.min(own.byteLength, buffer.byteLength, MAX_BYTES)
  const first = checkInteger(begin, 'handle.offset', 0, most - 1)
  const size = checkInteger(bytes, 'handle.bytes', 1, most - first)
  const end = first + size
  const map = cut.byteLength < PageMap.size(end) || cut.byteLength % 4 !== 0 ? undefined : new PageMap(cut)
  if (
    map === undefined ||
    (map.bytes !== 0 && map.bytes !== size) ||
    blocks.length > Math.ceil(size / GUEST_PAGE) ||
    // With bitmaps that are too short, marking a guest's store would fail.
    dirty.byteLength < DirtyBitmaps.size(end) ||
    dirty.byteLength % 4 !== 0 ||
    new Int32Array(dirty)[IDENTITY] !== map.identity ||
    areTwo(identityOf(own), map.identity) ||
    !mayBeOne(own, buffer)
  )
    return refuse('one whose memory, buffer, cut, dirty and blocks do not belong together')
  const placed = Array.from(blocks, (each, index): PlacedBlock => {
    const at = `handle.blocks[${index}]`
    const { name, offset, size } = checkObject(each, at)
    const start = checkInteger(offset, `${at}.offset`, first, end - 1)
    return {
      name: checkText(name, `${at}.name`),
      offset: start,
      size: checkInteger(size, `${at}.size`, 1, end - start),
    }
  })
  let free = 0
  for (const { offset, size } of [...placed].sort((a, b) => a.offset - b.offset)) {
    // A block may only lie on pages that are taken: the others will be cut into blocks later, by any thread.
    const isCut = map.longestFree(Math.floor(offset / GUEST_PAGE), Math.ceil((offset + size) / GUEST_PAGE)) === 0
    if (!isCut || offset < free || (offset - first) % GUEST_PAGE !== 0)
      throw new RangeError(`handle.blocks must have pages of their own, got one at ${offset}`)
    free = offset + size
  }
  noteIdentity(buffer, map.identity)
  return {
    memory: memory as GuestRamHandle['memory'],
    buffer: own,
    offset: first,
    bytes: size,
    cut,
    dirty,
    blocks: placed,
  }
}

function refuse(got: string): never {
  throw new TypeError(`handle must be a GuestRam's handle, got ${got}`)
}
