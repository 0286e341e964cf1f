// A network card's DMA: many small pieces, against the same by hand on bare arrays, which keep no order.
import { AddressSpace, GuestRam, MemoryRegion, ScatterGatherList } from 'guestmem'

const RAM_BYTES = 2 ** 22
const FRAME = 1514
const RING = 256
/** Where the descriptor table, the used ring and the buffers are in guest RAM. */
const DESCRIPTORS = 0x1000
const USED = 0x3000
const BUFFERS = 0x10_0000
const BUFFER_BYTES = 2048
const PIECES = [2, 4, 8]
const PIECE_SIZES = [64, 256, FRAME]

/** @param smoke Few cases. */
export function* packets(smoke) {
  const block = GuestRam.allocate(RAM_BYTES).block('ram', RAM_BYTES)
  const space = new AddressSpace('card', MemoryRegion.ram('ram', block))
  const [u8, u16, u32] = [block.view(), new Uint16Array(block.view().buffer), new Uint32Array(block.view().buffer)]
  const base = block.offset
  const frame = Uint8Array.from({ length: FRAME }, (_, i) => i)
  for (let i = 0; i < RING; i++) {
    const at = DESCRIPTORS + 16 * i
    space.store32(at, BUFFERS + BUFFER_BYTES * ((i * 7) % RING))
    space.store32(at + 4, 0)
    space.store32(at + 8, BUFFER_BYTES)
    space.store32(at + 12, 2)
  }
  let used = 0
  yield {
    case: 'virtio-net, a packet received',
    rival: 'by hand on bare arrays',
    align: 'aligned',
    bytes: FRAME,
    ours: reps => {
      for (let i = 0; i < reps; i++) {
        const descriptor = DESCRIPTORS + 16 * (i & (RING - 1))
        const address = space.load32(descriptor) + space.load32(descriptor + 4) * 2 ** 32
        const room = space.load32(descriptor + 8)
        const flags = space.load32(descriptor + 12)
        if (room < FRAME || (flags & 2) === 0) throw new Error('no buffer for what is written')
        space.write(address, frame)
        const slot = USED + 4 + 8 * (used & (RING - 1))
        space.store32(slot, i & (RING - 1))
        space.store32(slot + 4, FRAME)
        used = (used + 1) & 0xffff
        space.store16(USED + 2, used)
      }
    },
    theirs: reps => {
      for (let i = 0; i < reps; i++) {
        const descriptor = (base + DESCRIPTORS + 16 * (i & (RING - 1))) >>> 2
        const address = u32[descriptor] + u32[descriptor + 1] * 2 ** 32
        const room = u32[descriptor + 2]
        const flags = u32[descriptor + 3]
        if (room < FRAME || (flags & 2) === 0) throw new Error('no buffer for what is written')
        if (address + FRAME > RAM_BYTES) throw new Error('a buffer outside of RAM')
        u8.set(frame, address)
        const slot = (base + USED + 4 + 8 * (used & (RING - 1))) >>> 2
        u32[slot] = i & (RING - 1)
        u32[slot + 1] = FRAME
        used = (used + 1) & 0xffff
        u16[(base + USED + 2) >>> 1] = used
      }
    },
  }
  for (const size of smoke ? PIECE_SIZES.slice(0, 1) : PIECE_SIZES)
    for (const count of PIECES) yield scattered(space, u8, size, count)
}

/** A frame of `count` pieces of `size` bytes: a list made for it, as a device makes one, and written to. */
function scattered(space, u8, size, count) {
  const data = new Uint8Array(size * count)
  const places = Array.from({ length: count }, (_, i) => BUFFERS + BUFFER_BYTES * ((i * 5) % RING))
  return {
    case: `scatter-gather, ${count} pieces`,
    rival: 'by hand on bare arrays',
    align: 'aligned',
    bytes: size,
    ours: reps => {
      for (let i = 0; i < reps; i++) {
        const list = new ScatterGatherList()
        for (let piece = 0; piece < count; piece++) list.add(space, places[piece], size)
        list.write(0, data)
      }
    },
    theirs: reps => {
      for (let i = 0; i < reps; i++) {
        const list = []
        for (let piece = 0; piece < count; piece++) list.push({ address: places[piece], length: size })
        let at = 0
        for (const { address, length } of list) {
          if (address + length > u8.length) throw new Error('a buffer outside of RAM')
          u8.set(data.subarray(at, at + length), address)
          at += length
        }
      }
    },
  }
}
