import { MemTxResult, ramCopy } from 'guestmem'

// (module (import "m" "m" (memory 0 65536 shared))
//   (func (export "copy") (param i32 i32 i32)
//     (memory.copy (local.get 0) (local.get 1) (local.get 2))))
const MEMORY_COPY =
  '0061736d01000000 01070160037f7f7f00 020b01016d016d0203008080 04 03020100 0708 0104636f70790000 ' +
  '0a0e010c00 200020012002 fc0a0000 0b'

/**
 * Ways to copy bytes of a device to RAM that a guest watches: from offset `from` of the device's own RAM block to
 * offset `to` of the guest's.
 *
 * @type {Record<string, (board: import('./board.mjs').Board) => (to: number, from: number, length: number) => void>}
 */
export const COPIES = {
  'Uint8Array.set': ({ guest, device }) => {
    const target = guest.view()
    const source = device.view()
    return (to, from, length) => target.set(source.subarray(from, from + length), to)
  },

  'wasm memory.copy': ({ ram, guest, device }) => {
    const bytes = MEMORY_COPY.replaceAll(' ', '').match(/../g) ?? []
    const module = new WebAssembly.Module(Uint8Array.from(bytes, byte => Number.parseInt(byte, 16)))
    const { copy } = new WebAssembly.Instance(module, { m: { m: ram.handle.memory } }).exports
    return (to, from, length) => copy(guest.offset + to, device.offset + from, length)
  },

  'guestmem ramCopy': ({ guest, device }) => {
    return (to, from, length) => ramCopy(guest, to, device, from, length)
  },

  // A device whose bytes are in JavaScript's heap: slice takes them there.
  'guestmem memory.write': ({ memory, device }) => {
    const source = device.view()
    return (to, from, length) => {
      if (memory.write(to, source.slice(from, from + length)) !== MemTxResult.OK) throw new Error('a write was refused')
    }
  },

  'guestmem memory.store32': ({ memory, device }) => {
    const source = new Uint32Array(device.view().slice().buffer)
    return (to, from) => {
      memory.store32(to, source[from / 4])
      if (memory.result !== MemTxResult.OK) throw new Error('a store was refused')
    }
  },
}
