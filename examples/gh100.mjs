// A GPU's memory, given to a guest as memory while it runs, and a disk whose DMA goes there: when does that work?
//
// Reads as: gh100/chapters.mjs, what is run; gh100/machine.mjs, how; gh100/virtio-blk.mjs, the disk.

import { tellStory } from './gh100/story.mjs'

console.log(`A host passes an NVIDIA GH100 through to its guest. BAR 4, 128 GiB, is memory in all but name, and is hot-added as the
guest's memory. Then the guest's disk reads into it: a read of 2 KiB, one of 64 KiB in four uneven pieces, and a write
of those back. The guest runs in a thread of its own, polls the used ring, and compares all bytes with the file's the
moment that it sees the index.

  told               how the host's driver says that it maps the BAR
  policy             which memory the emulator lets requests touch itself
  direct, bounced    bytes that went by a window on memory itself, and by a bounce buffer
  no map             windows that the disk was refused
  1 B ... 8 B        accesses that the library made to the BAR, by width; kernel: bytes that it moved by its ordered
                     copy. Into a direct window it makes none: there the host's kernel puts the file's bytes
  faults             accesses by others that the host's CPU would not have borne on such a mapping
  hazards            what the guest found wrong when it saw the index
`)
const rows = await tellStory({ quick: process.argv.includes('--quick') })
const wrong = rows.filter(({ right }) => !right)
const { why } = rows.find(({ frozen }) => frozen) ?? {}
console.log(`  The freeze, in the disk's own words: "${why}"\n`)
console.log(wrong.length === 0 ? 'all as it should be' : `FAILED: ${wrong.length} runs are marked UNEXPECTED above`)
if (wrong.length > 0) process.exitCode = 1
