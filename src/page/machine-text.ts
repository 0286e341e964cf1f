import { type MtreeMachine, machineFromJson, machineFromMtree } from '../qemu/qemu.ts'

export type Space = MtreeMachine['spaces'][number]
export type Machine = Pick<MtreeMachine, 'spaces' | 'questions'>

/** The most characters that a text may have: the page does not answer while it reads. */
const MOST = 16 * 2 ** 20

/** The machine that a text describes: JSON if it begins with a brace, else `info mtree`. @throws Error */
export function readMachine(text: string): Machine {
  if (text.trim() === '') throw new Error('there is no text yet')
  if (text.length > MOST) throw new RangeError(`the text must have at most ${MOST} characters`)
  if (!/^\s*\{/.test(text)) return machineFromMtree(text)
  return { spaces: machineFromJson(text).spaces, questions: [] }
}

/** A file's text; unpacked if it is gzip's, as recordings are. */
export async function readFile(file: Blob): Promise<string> {
  if (file.size > MOST) throw new RangeError(`a file must have at most ${MOST} bytes`)
  // No text begins so.
  if ((await file.slice(0, 1).text()) !== '\x1f') return file.text()
  const reader = file.stream().pipeThrough(new DecompressionStream('gzip')).getReader()
  const parts: BlobPart[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return new Blob(parts).text()
    size += value.length
    if (size > MOST) throw new RangeError(`a file must have at most ${MOST} bytes, unpacked`)
    parts.push(value)
  }
}

/** A board of our own, for those who have no QEMU at hand. */
export const EXAMPLE = `address-space: memory
  0000000000000000-ffffffffffffffff (prio 0, i/o): system
    0000000000000000-0000001fffffffff (prio 0, ram): board.ram
    0000000000000000-00000000ffffffff (prio 1, i/o): low-window container
      00000000c0000000-00000000ffffffff (prio 0, i/o): alias pci-window @pci 00000000c0000000-00000000ffffffff
      00000000fffc0000-00000000ffffffff (prio 1, rom): firmware
    0000000009000000-0000000009000fff (prio 2, i/o): uart
    0000000009010000-0000000009010003 (prio 2, i/o): led

memory-region: pci
  0000000000000000-ffffffffffffffff (prio 0, i/o): pci
    00000000c0000000-00000000cfffffff (prio 1, ram): gpu.vram
    00000000d0000000-00000000d0003fff (prio 1, i/o): nvme
    00000000d0002000-00000000d0002fff (prio 2, i/o): nvme-msix
`
