// A PC that v86 emulates, with two PCI cards that are guestmem's: edu and a disk. Its firmware drives them; what it saw is
// compared with what is due. Then the time of DMA, next to that of v86's own copies.

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DISK, dueLines, wrongBytes } from './due.mjs'
import { machine, plugDisk, plugEdu, run } from './machine.mjs'

const folder = mkdtempSync(join(tmpdir(), 'guestmem-v86-'))
const path = join(folder, 'disk.img')
writeFileSync(path, DISK)
const file = openSync(path, 'r+')
let wrong = []
try {
  wrong = await driveCards()
  console.log('\n64 KiB between a device and RAM, median of 100 rounds, us:')
  for (const ramBytes of [32 * 2 ** 20, 512 * 2 ** 20]) await timeDma(ramBytes)
} finally {
  closeSync(file)
  rmSync(folder, { recursive: true })
}
if (wrong.length > 0) {
  console.error(`\nwrong: ${wrong.join(', ')}`)
  process.exitCode = 1
}

async function driveCards() {
  const { emulator, bridge } = await machine()
  const { cpu } = emulator.v86
  const cards = { edu: plugEdu(bridge), disk: plugDisk(bridge, file) }
  console.log('The guest, line by line. With each, the memory that its RAM is in grows:')
  const before = cpu.wasm_memory.buffer.byteLength
  const told = await run(emulator, (name, value) => {
    cpu.wasm_memory.grow(1)
    console.log(`  ${name.padEnd(14)} ${value.toString(16).padStart(8, '0')}`)
  })
  const due = dueLines(cards)
  const after = cpu.wasm_memory.buffer.byteLength
  console.log(`The memory has ${after - before} bytes more than when the guest began.`)
  const names = new Set([...Object.keys(due), ...Object.keys(told)])
  const wrong = [...names].filter(name => told[name] !== due[name])
  wrong.push(...wrongBytes((address, bytes) => cpu.read_blob(address, bytes), readFileSync(path)))
  if (wrong.length === 0) console.log('All of it is as it should be: lines, memory and disk.')
  await emulator.destroy()
  return wrong
}

/** Interleaved, so that what else the machine does is in all of them. */
async function timeDma(ramBytes) {
  const { emulator, bridge } = await machine({ ramBytes })
  const { cpu } = emulator.v86
  const [address, bytes] = [0x40_0000, new Uint8Array(65_536)]
  const ways = {
    write_blob: () => cpu.write_blob(bytes, address),
    write: () => bridge.dma.write(address, bytes),
    read_blob: () => bytes.set(cpu.read_blob(address, bytes.length)),
    read: () => bridge.dma.read(address, bytes),
  }
  const times = Object.fromEntries(Object.keys(ways).map(name => [name, []]))
  for (let round = 0; round < 110; round++)
    for (const [name, way] of Object.entries(ways)) {
      const start = performance.now()
      for (let i = 0; i < 50; i++) way()
      if (round >= 10) times[name].push((performance.now() - start) * 20)
    }
  const median = name => times[name].sort((a, b) => a - b)[50]
  console.log(
    `  RAM of ${ramBytes / 2 ** 20} MiB:`,
    ['write', 'read']
      .map(name => {
        const [ours, theirs] = [median(name), median(`${name}_blob`)]
        return `${name} ${ours.toFixed(2)}, v86's ${name}_blob ${theirs.toFixed(2)}: ${(ours / theirs).toFixed(2)} times`
      })
      .join('; '),
  )
  await emulator.destroy()
}
