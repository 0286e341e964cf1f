import { checkInteger, checkObject, checkText, type Fields, show } from '../check.ts'
import { isShared } from './access/views.ts'
import { DirtyBitmaps, GUEST_PAGE, IDENTITY } from './dirty/dirty-bitmaps.ts'
import { areTwo, identityOf, mayBeOne, noteIdentity } from './memory-identity.ts'
import { CUT_BYTES, MAX_BYTES } from './shared-memory.ts'

/** What another thread needs to attach to a guest RAM. It may be sent by postMessage. */
export interface GuestRamHandle {
  readonly memory: WebAssembly.Memory | undefined
  readonly buffer: SharedArrayBuffer
  readonly bytes: number
  /** How many guest pages all threads together have cut into blocks, and which memory that is (memory-identity.ts). */
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
  const { memory, buffer, bytes, cut, dirty, blocks }: Fields = { __proto__: null, ...(value as Fields) }
  // Kernels access the WebAssembly.Memory and script accesses the buffer, so the buffer is taken from the memory
  // itself.
  const own = memory === undefined ? buffer : bufferOfMemory(memory)
  if (!isShared(own) || !isShared(buffer) || !isShared(cut) || !isShared(dirty) || !Array.isArray(blocks))
    return refuse(`${show(value)}${'handle' in Object(value) ? ': pass its handle' : ''}`)
  const size = checkInteger(bytes, 'handle.bytes', 1, Math.min(own.byteLength, buffer.byteLength, MAX_BYTES))
  const [pages = -1, identity = 0] = new Int32Array(cut, 0, cut.byteLength === CUT_BYTES ? 2 : 0)
  if (
    pages < blocks.length ||
    pages > Math.ceil(size / GUEST_PAGE) ||
    // With bitmaps that are too short, marking a guest's store would fail.
    dirty.byteLength !== DirtyBitmaps.size(size) ||
    new Int32Array(dirty)[IDENTITY] !== identity ||
    areTwo(identityOf(own), identity) ||
    !mayBeOne(own, buffer)
  )
    refuse('one whose memory, buffer, cut, dirty and blocks do not belong together')
  // A block may only lie on pages that are cut: the others will be cut into blocks later, by any thread.
  const end = Math.min(size, pages * GUEST_PAGE)
  const placed = Array.from(blocks, (each, index): PlacedBlock => {
    const at = `handle.blocks[${index}]`
    const { name, offset, size } = checkObject(each, at)
    const start = checkInteger(offset, `${at}.offset`, 0, end)
    return {
      name: checkText(name, `${at}.name`),
      offset: start,
      size: checkInteger(size, `${at}.size`, 1, end - start),
    }
  })
  let free = 0
  for (const { offset, size } of [...placed].sort((a, b) => a.offset - b.offset)) {
    if (offset < free || offset % GUEST_PAGE !== 0)
      throw new RangeError(`handle.blocks must have pages of their own, got one at ${offset}`)
    free = offset + size
  }
  noteIdentity(own, identity)
  noteIdentity(buffer, identity)
  return { memory: memory as GuestRamHandle['memory'], buffer: own, bytes: size, cut, dirty, blocks: placed }
}

function refuse(got: string): never {
  throw new TypeError(`handle must be a GuestRam's handle, got ${got}`)
}

/** The buffer of a WebAssembly.Memory of any realm; undefined for everything else. The getter checks which it is. */
function bufferOfMemory(memory: unknown): unknown {
  try {
    return Reflect.get(WebAssembly.Memory.prototype, 'buffer', memory)
  } catch {
    return undefined
  }
}
