import { checkInteger, checkObject, checkText, type Fields, show } from '../check.ts'
import { isShared } from './access/views.ts'
import { DirtyBitmaps, GUEST_PAGE, IDENTITY } from './dirty/dirty-bitmaps.ts'
import { areTwo, identityOf, mayBeOne, noteIdentity } from './memory-identity.ts'
import { CUT_BYTES, MAX_BYTES } from './shared-memory.ts'

/** What another thread needs to attach; survives postMessage. */
export interface GuestRamHandle {
  readonly memory: WebAssembly.Memory | undefined
  readonly buffer: SharedArrayBuffer
  readonly bytes: number
  /** How many guest pages have been cut, by all threads. */
  readonly cut: SharedArrayBuffer
  /** Which pages were stored to, and who wants to know. */
  readonly dirty: SharedArrayBuffer
  readonly blocks: readonly PlacedBlock[]
}

/** A RAM block, as a handle tells of it. */
export interface PlacedBlock {
  readonly name: string
  /** In the guest RAM, bytes. */
  readonly offset: number
  /** Bytes. */
  readonly size: number
}

/**
 * Checks that a handle is of one guest RAM, and that nothing in it leads outside of that.
 *
 * @returns A copy, of which nobody else can change a field.
 * @throws TypeError or RangeError naming the field.
 */
export function checkHandle(value: unknown): GuestRamHandle {
  // Each field is read once, and only if it is the handle's own.
  const { memory, buffer, bytes, cut, dirty, blocks }: Fields = { __proto__: null, ...(value as Fields) }
  // A WebAssembly.Memory is asked for its buffer: that one is the kernels' for sure.
  const own = memory === undefined ? buffer : bufferOfMemory(memory)
  if (!isShared(own) || !isShared(buffer) || !isShared(cut) || !isShared(dirty) || !Array.isArray(blocks))
    return refuse(`${show(value)}${'handle' in Object(value) ? ': pass its handle' : ''}`)
  const size = checkInteger(bytes, 'handle.bytes', 1, Math.min(own.byteLength, buffer.byteLength, MAX_BYTES))
  const [pages = -1, identity = 0] = new Int32Array(cut, 0, cut.byteLength === CUT_BYTES ? 2 : 0)
  if (
    pages < blocks.length ||
    pages > Math.ceil(size / GUEST_PAGE) ||
    // Were the bitmaps short, a guest's store would be what finds it out.
    dirty.byteLength !== DirtyBitmaps.size(size) ||
    new Int32Array(dirty)[IDENTITY] !== identity ||
    areTwo(identityOf(own), identity) ||
    !mayBeOne(own, buffer)
  )
    refuse('one whose memory, buffer, cut, dirty and blocks do not belong together')
  // Pages that are not cut belong to blocks that are yet to come.
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

/** The buffer of a WebAssembly.Memory of any realm, asked for as the engine would; undefined of all else. */
function bufferOfMemory(memory: unknown): unknown {
  try {
    return Reflect.get(WebAssembly.Memory.prototype, 'buffer', memory)
  } catch {
    return undefined
  }
}
